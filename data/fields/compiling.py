"""Patterns are compiled when first needed: all together they cost half of what an import does."""

import re
from functools import cache


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Give a pattern, compiled once.

    >>> bool(compiled("a+").search("caat"))
    True
    """
    return re.compile(pattern)
