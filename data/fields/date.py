"""Dates as platforms show them: absolute, Buddhist, or "3 giờ trước"."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

from data.text import normalise

_BUDDHIST = 543
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
_CLOCK = (
    r"(?:[^\d:]{0,12}(?P<hour>\d{1,2})[:h.](?P<minute>\d{2})(?::(?P<second>\d{2}))?"
    r"\s*(?P<half>am|pm)?)?"
)
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})\s*[-/.年]\s*(?P<month>\d{{1,2}})\s*[-/.月]\s*(?P<day>\d{{1,2}})\s*日?{_CLOCK}"
)
_DAY_FIRST = re.compile(
    rf"(?P<day>\d{{1,2}})\s*(?:[-/.]|tháng|,\s*tháng)\s*(?P<month>\d{{1,2}})\s*(?:[-/.]|,?\s*năm|,)\s*(?P<year>\d{{4}}|\d{{2}}){_CLOCK}"
)
_MONTHS = (
    "january jan januari ม.ค. มกราคม ມັງກອນ មករា ဇန်နဝါရီ",
    "february feb februari ก.พ. กุมภาพันธ์ ກຸມພາ កុម្ភៈ ဖေဖော်ဝါရီ",
    "march mar mac maret มี.ค. มีนาคม ມີນາ មីនា မတ်",
    "april apr เม.ย. เมษายน ເມສາ មេសា ဧပြီ",
    "may mei พ.ค. พฤษภาคม ພຶດສະພາ ឧសភា မေ",
    "june jun juni มิ.ย. มิถุนายน ມິຖຸນາ មិថុនា ဇွန်",
    "july jul julai juli ก.ค. กรกฎาคม ກໍລະກົດ កក្កដា ဇူလိုင်",
    "august aug ogos agustus agu ส.ค. สิงหาคม ສິງຫາ សីហា ဩဂုတ်",
    "september sep sept ก.ย. กันยายน ກັນຍາ កញ្ញា စက်တင်ဘာ",
    "october oct oktober okt ต.ค. ตุลาคม ຕຸລາ តុលា အောက်တိုဘာ",
    "november nov พ.ย. พฤศจิกายน ພະຈິກ វិច្ឆិកា နိုဝင်ဘာ",
    "december dec disember desember dis des ธ.ค. ธันวาคม ທັນວາ ធ្នូ ဒီဇင်ဘာ",
)
_MONTH_OF = {
    normalise(word).text: number
    for number, words in enumerate(_MONTHS, start=1)
    for word in words.split()
}
_MONTH_NAME = "|".join(sorted(map(re.escape, _MONTH_OF), key=len, reverse=True))
_NAMED = re.compile(
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*(?P<month>{_MONTH_NAME})[a-z.]*,?\s*(?P<year>\d{{4}}|\d{{2}}){_CLOCK}"
)
_NAMED_FIRST = re.compile(
    rf"(?P<month>{_MONTH_NAME})[a-z.]*\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s*(?P<year>\d{{4}}){_CLOCK}"
)
# How each language counts back: the words around the number, then words for each unit.
_UNIT_NAMES = ("second", "minute", "hour", "day", "week", "month", "year")
_AGO: dict[str, tuple[str, ...]] = {
    "en": (
        r"{}\s*ago",
        "seconds? secs? s",
        "minutes? mins? m",
        "hours? hrs? h",
        "days? d",
        "weeks? w",
        "months?",
        "years? y",
    ),
    "zh": (
        r"{}\s*(?:钟)?\s*(?:之)?前",
        "秒",
        "分钟? 分",
        "小时 个小时 钟头",
        "天 日",
        "周 星期 个星期",
        "个月",
        "年",
    ),
    "vi": (
        r"{}\s*trước",
        "giây",
        "phút",
        "giờ tiếng",
        "ngày hôm",
        "tuần",
        "tháng",
        "năm",
    ),
    "th": (
        r"{}\s*(?:ที่แล้ว|ที่ผ่านมา|ก่อน)",
        "วินาที",
        "นาที",
        r"ชั่วโมง ชม\.?",
        "วัน",
        "สัปดาห์ อาทิตย์",
        "เดือน",
        "ปี",
    ),
    "km": (
        r"{}\s*(?:មុន|កន្លងទៅ)",
        "វិនាទី",
        "នាទី",
        "ម៉ោង",
        "ថ្ងៃ",
        "សប្តាហ៍ អាទិត្យ",
        "ខែ",
        "ឆ្នាំ",
    ),
    "lo": (
        r"{}\s*(?:ກ່ອນ|ຜ່ານມາ|ທີ່ຜ່ານມາ|ທີ່ແລ້ວ)",
        "ວິນາທີ",
        "ນາທີ",
        "ຊົ່ວໂມງ",
        "ມື້ ວັນ",
        "ອາທິດ",
        "ເດືອນ",
        "ປີ",
    ),
    "my": (
        r"(?:လွန်ခဲ့သော|လွန်ခဲ့တဲ့)?\s*{}\s*(?:က|အကြာ|ခန့်က|အရင်က)",
        "စက္ကန့်",
        "မိနစ်",
        "နာရီ",
        "ရက်",
        "ပတ် သီတင်းပတ်",
        "လ",
        "နှစ်",
    ),
    "ms": (
        r"{}\s*(?:yang)?\s*(?:lalu|lepas)",
        "saat",
        "minit",
        "jam",
        "hari",
        "minggu",
        "bulan",
        "tahun",
    ),
    "id": (
        r"{}\s*(?:yang)?\s*lalu",
        "detik",
        "menit mnt",
        "jam",
        "hari",
        "minggu",
        "bulan",
        "tahun",
    ),
}
_DAYS_BACK = {
    "en": ("just now|moments ago", "today", "yesterday", ""),
    "zh": ("刚刚|刚才|现在", "今天|今日", "昨天|昨日", "前天"),
    "vi": ("vừa xong|vừa mới|mới đây", "hôm nay", "hôm qua", "hôm kia"),
    "th": ("เมื่อสักครู่|เมื่อครู่|เมื่อกี้", "วันนี้", "เมื่อวานนี้|เมื่อวาน", "เมื่อวานซืน|วานซืน"),
    "km": ("អម្បាញ់មិញ|មុននេះបន្តិច", "ថ្ងៃនេះ", "ម្សិលមិញ", "ម្សិលម្ង៉ៃ"),
    "lo": ("ຫາກໍ່|ເມື່ອກີ້", "ມື້ນີ້", "ມື້ວານນີ້|ມື້ວານ", "ມື້ຊືນ"),
    "my": ("ခုနက|ယခုလေးတင်|အခုလေးတင်", "ဒီနေ့|ယနေ့", "မနေ့က", "တနေ့က"),
    "ms": ("baru sahaja|baru tadi|sebentar tadi", "hari ini", "semalam|kelmarin", ""),
    "id": ("baru saja|barusan", "hari ini", "kemarin", ""),
}  # fmt: skip
_STEPS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
_ONE = r"(?P<count>\d+|an?|one|一|半|một|หนึ่ง|មួយ|ນຶ່ງ|ໜຶ່ງ|တစ်|se)"
_ONE_MY = r"(?P<count_after>\d+|တစ်)"


def _units(lang: str) -> Iterator[tuple[str, str]]:
    for unit, words in zip(_UNIT_NAMES, _AGO[lang][1:], strict=True):
        yield unit, "|".join(normalise(word).text for word in words.split())


def _ago_patterns(lang: str) -> Iterator[tuple[re.Pattern[str], str]]:
    frame = _AGO[lang][0]
    for unit, either in _units(lang):
        phrase = rf"{_ONE}\s*(?:{either})"
        if lang == "my":
            phrase = rf"(?:{phrase}|(?:{either})\s*{_ONE_MY}\s*(?:{either})?)"
        yield re.compile(normalise(frame).text.replace("{}", phrase)), unit


_AGO_PATTERNS = {lang: tuple(_ago_patterns(lang)) for lang in _AGO}
_LARGER_PATTERNS = {
    lang: tuple(
        (re.compile(rf"{_ONE}\s*(?:{either})\s*,?\s*$"), unit) for unit, either in _units(lang)
    )
    for lang in _AGO
}
_DAY_PATTERNS = {
    lang: tuple(re.compile(normalise(words).text + _CLOCK) if words else None for words in rows)
    for lang, rows in _DAYS_BACK.items()
}


def parse_date(
    text: str, now: datetime, languages: Iterable[str] = (), tz: tzinfo = UTC
) -> datetime | None:
    """Read a date in UTC; None when it says none. `tz` is where the platform's clock hangs.

    `now` is aware; `languages` (codes such as vi, zh-Hans; none = all) limits the words.

    >>> now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    >>> parse_date("3 giờ trước", now).isoformat()
    '2026-11-22T09:00:00+00:00'
    >>> parse_date("1 week, 2 days ago", now).date().isoformat()
    '2026-11-13'
    >>> parse_date("20 พ.ย. 2569", now).date().isoformat()
    '2026-11-20'
    >>> parse_date("no idea", now) is None
    True
    """
    stripped = text.strip()
    exact = _machine_date(stripped, tz)
    if exact is not None:
        return exact
    folded = normalise(stripped).text
    known = [_base(lang) for lang in languages] or list(_AGO)
    readers: tuple[Callable[[], datetime | None], ...] = (
        lambda: _calendar_date(folded, tz),
        lambda: _counted_back(folded, now, known),
        lambda: _named_day(folded, now.astimezone(tz), known),
    )
    return next((found for reader in readers if (found := reader()) is not None), None)


def _base(lang: str) -> str:
    return lang.split("-", maxsplit=1)[0].lower()


def _machine_date(text: str, tz: tzinfo) -> datetime | None:
    """Read ISO 8601, seconds or milliseconds since 1970, and the dates of mail headers."""
    if _EPOCH.fullmatch(text):
        digits = text.split(".", maxsplit=1)[0]
        scale = 1000 if len(digits) > 10 else 1  # noqa: PLR2004 - 13 digits count milliseconds
        return datetime.fromtimestamp(float(text) / scale, UTC)
    for reader in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return _to_utc(reader(text), tz)
        except (ValueError, OverflowError):
            continue
    return None


def _to_utc(moment: datetime, tz: tzinfo) -> datetime | None:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=tz)
    try:
        return _from_buddhist(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _from_buddhist(moment: datetime) -> datetime:
    thai = moment.year > 2400  # noqa: PLR2004 - no listing is of a year that late
    return moment.replace(year=moment.year - _BUDDHIST) if thai else moment


def _calendar_date(text: str, tz: tzinfo) -> datetime | None:
    for pattern in (_YEAR_FIRST, _NAMED, _NAMED_FIRST, _DAY_FIRST):
        match = pattern.search(text)
        if match:
            return _from_parts(match, tz)
    return None


def _from_parts(match: re.Match[str], tz: tzinfo) -> datetime | None:
    month = _MONTH_OF.get(match["month"]) or int(match["month"])
    try:
        day = datetime(_year(match["year"]), month, int(match["day"]), tzinfo=tz)
        return _at_clock(day, match).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _year(digits: str) -> int:
    """Read a year; two digits from 43 on are Buddhist (2543 = 2000), below it ours."""
    year = int(digits)
    if len(digits) == 2:  # noqa: PLR2004
        year += 2500 if year >= 43 else 2000  # noqa: PLR2004
    return year - _BUDDHIST if year > 2400 else year  # noqa: PLR2004


def _at_clock(day: datetime, match: re.Match[str]) -> datetime:
    """Set the time of day that stands behind a date; midnight if none does."""
    if not match["hour"]:
        return day.replace(hour=0, minute=0, second=0, microsecond=0)
    hour = int(match["hour"]) % 12 if match["half"] else int(match["hour"])
    hour += 12 if match["half"] == "pm" else 0
    second = int(match["second"] or 0)
    return day.replace(hour=hour, minute=int(match["minute"]), second=second, microsecond=0)


def _counted_back(text: str, now: datetime, languages: list[str]) -> datetime | None:
    for lang in languages:
        for pattern, unit in _AGO_PATTERNS.get(lang, ()):
            match = pattern.search(text)
            if match:
                moment = _back(now, _count(match), unit)
                return moment and _larger_back(text[: max(0, match.start("count"))], moment, lang)
    return None


def _larger_back(before: str, moment: datetime, lang: str) -> datetime | None:
    """Count back the larger unit that stands in front, as in "3 weeks, 2 days ago"."""
    for pattern, unit in _LARGER_PATTERNS[lang]:
        match = pattern.search(before)
        if match:
            return _back(moment, _count(match), unit)
    return moment


def _count(match: re.Match[str]) -> float:
    word = match.groupdict().get("count_after") or match["count"] or "1"
    if word == "半":
        return 0.5
    return float(word) if word.isdecimal() else 1.0


def _back(now: datetime, count: float, unit: str) -> datetime | None:
    try:
        return (now - count * _STEPS[unit]).astimezone(UTC)
    except OverflowError:
        return None


def _named_day(text: str, now: datetime, languages: list[str]) -> datetime | None:
    """Read just now, today, yesterday, with a time if one stands behind."""
    for lang in languages:
        for back, pattern in enumerate(_DAY_PATTERNS.get(lang, ())):
            match = pattern.search(text) if pattern else None
            if match is None:
                continue
            if back == 0:
                return now.astimezone(UTC)
            day = now - timedelta(days=back - 1)
            return (_at_clock(day, match) if match["hour"] else day).astimezone(UTC)
    return None
