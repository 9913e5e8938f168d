"""What the headers of imported sheets mean, in the languages of those who make them."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from data.platform_styles import COLUMNS
from data.tables import Cells, read_table
from data.text import fold

HEADERS_FILE = Path(__file__).parent / "reference/import_headers.csv"
# Not \\W: vowels and tones of Thai, Lao, Khmer and Burmese are no letters to a pattern.
_SIGNS = re.compile(r"[\s_:：.,;/#*?!\"'|-]+")


def folded_header(header: str) -> str:
    """Return a header as it is looked up: case, spacing and signs do not matter.

    >>> folded_header(" Seller_Name: "), folded_header("Giá bán (VND)")
    ('seller name', 'giá bán')
    """
    bare = re.sub(r"[(（].*?[)）]", "", header)
    return " ".join(_SIGNS.sub(" ", fold(bare)).split())


@cache
def load_import_headers(path: Path = HEADERS_FILE) -> Mapping[str, str]:
    """Read the table of headers; a mistake in it names file, line and field."""
    headers: dict[str, str] = {}
    for line, row in read_table(path, ("header", "lang", "column")):
        cells = Cells(path, line, row)
        column = cells.filled("column")
        if column not in COLUMNS:
            raise cells.bad("column", f"is not one of {', '.join(COLUMNS)}")
        if headers.setdefault(folded_header(cells.filled("header")), column) != column:
            raise cells.bad("header", "stands in an earlier line for another column")
    return headers
