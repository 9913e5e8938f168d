"""How a date in signs is laid out (see `date_signs`); compiled when first needed."""

_GAP = r"[ _x,]*"
_FREE = r"(?<![\dTKMZ:.])"  # a number that is not part of a sign or a time
_DAY = r"(?P<day>\d{1,2})"
_MONTH = r"(?P<month>\d{1,2})"
_NAME = r"M(?P<name>\d{1,2})"
_YEAR = r"(?P<year>\d{4}|\d{2})(?![\d:])"
_LONG_YEAR = r"(?<!\d)(?P<year>\d{4})"
_ERA_YEAR = rf"(?P<era>R)?{_GAP}(?<!\d)(?P<year>\d{{2,4}}){_GAP}Y{_GAP}"
_DAY_THEN_NAME = rf"{_FREE}{_DAY}[ x.D,\-/]*O?{_GAP}{_NAME}"
# What may stand between a day and its time, then the time: 14:30, p3:05, 14C30I, 2:30 p.
_CLOCK = (
    r"(?:[ _x,\-•·|(DH]{0,12}(?P<before>[apn])?[ _x,]*(?<!\d)(?P<hour>\d{1,2})"
    r"(?:[ ]?[:.HC][ ]?(?P<minute>\d{2})(?:[:I.](?P<second>\d{2}))?I?|[ ]?[HC](?!\d))"
    r"[.\d]*[ ]?C?[ x(]*(?P<after>[apn])?)?"
    r"(?:[ (]*Z(?P<zone>\d)[ ]?(?:(?P<offset>[+-]\d{1,2})(?::?00)?)?)?"
)
CLOCK_IN_FRONT = (
    r"(?P<before>[apn])? ?(?<!\d)(?P<hour>\d{1,2})[:HC](?P<minute>\d{2})(?:[:I](?P<second>\d{2}))?"
    r"I? ?(?P<after>[apn])?[ _x,\-•·|()K\dD]*(?P<zone>$)(?P<offset>$)"
)
FULL = tuple(
    pattern + _CLOCK
    for pattern in (
        rf"{_ERA_YEAR}{_MONTH}{_GAP}O{_GAP}{_DAY}{_GAP}D?",
        rf"{_LONG_YEAR} ?[-/.] ?{_MONTH} ?[-/.] ?{_DAY}(?!\d)",
        rf"{_LONG_YEAR}{_GAP}Y?{_GAP}{_NAME} ?O?{_GAP}{_DAY}{_GAP}D?",
        rf"{_DAY_THEN_NAME} ?O?[ _x,./Y\-()]*{_YEAR}",
        rf"{_NAME}[ .]*{_DAY}[ x,]+(?P<year>\d{{4}})",
        rf"{_FREE}{_DAY}(?: ?[/\-.] ?|{_GAP}O{_GAP}){_MONTH}[ ,]*[Y/\-.,]{_GAP}{_YEAR}",
    )
)
OF_THE_REPUBLIC = rf"(?<!\d)(?P<year>\d{{3}})[-/.]{_MONTH}[-/.]{_DAY}(?!\d)" + _CLOCK
SHORT_YEAR_FIRST = rf"(?<!\d)(?P<year>\d{{2}})[-/.]{_MONTH}[-/.]{_DAY}(?!\d)" + _CLOCK
WITHOUT_YEAR = tuple(
    pattern + _CLOCK
    for pattern in (
        rf"(?<!\d){_MONTH}{_GAP}O{_GAP}{_DAY}{_GAP}D",
        rf"{_DAY_THEN_NAME}(?!\d)",
        rf"{_NAME} ?O?[ .]*{_DAY}(?![\d:])",
        rf"{_FREE}{_DAY}{_GAP}O{_GAP}{_MONTH}(?![\d:])",
    )
)
DAY_AND_MONTH = rf"^[ _xD]*{_DAY}[/\-]{_MONTH}(?![\d/\-:.])" + _CLOCK
MONTH_AND_DAY = rf"^[ _x]*{_MONTH}[/\-]{_DAY}(?![\d/\-:.])" + _CLOCK
_LARGER = r"(?<![\d.])(?P<larger>\d{1,6}(?:[.,]\d)?)[ _x]{0,3}(?P<larger_unit>[SIHDWOY])"
_COUNT = r"(?<![\d.])(?P<count>\d{1,6}(?:[.,]\d)?)[ _x]{0,3}(?P<unit>[SIHDWOY])"
AGO = (
    rf"{_LARGER}[ _,x]*{_COUNT}[ _x]{{0,3}}A",
    rf"{_COUNT}[ ]?(?P<half>0\.5)?[ _x]{{0,3}}A",
    rf"B[ _]*{_COUNT}",
    r"B?[ _]*(?P<unit>[SIHDWOY])[ ]?(?P<count>\d{1,6})[ ]?(?:[SIHDWOY])?[ ]?A",
    r"(?:B|L)[ _]?(?P<unit>[DWOY])(?![ ]?\d)",
    r"(?<!\d)(?<!\d )(?P<unit>[SIHDWOY])[ x]?A(?! ?\d)",
)
_ALONE = (r"(?:^|[•·|(]) ?", r" ?(?:$|[•·|(),\-])")
COUNT_ALONE = (
    rf"{_ALONE[0]}{_LARGER} ?{_COUNT}{_ALONE[1]}",
    rf"{_ALONE[0]}{_COUNT}{_ALONE[1]}",
)
NAMED_DAY = r"T(?P<back>\d)" + _CLOCK
WEEKDAY = r"(?P<last>L ?)?K(?P<weekday>\d)" + _CLOCK
TIME_ONLY = "^" + _CLOCK + "$"
