"""Paths into JSON (JMESPath), such as `data[*].name`."""

from functools import cache
from typing import Any

import jmespath  # type: ignore[import-untyped]
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]
from jmespath.parser import ParsedResult  # type: ignore[import-untyped]


class JsonPathError(ValueError):
    """A path cannot be read: correct it in the platform's file."""


@cache
def compile_path(path: str) -> ParsedResult:
    """Read a path; raises `JsonPathError` when it is not one."""
    try:
        return jmespath.compile(path)
    except JMESPathError as error:
        raise JsonPathError(str(error)) from error


def look_up(document: Any, path: str) -> Any:  # noqa: ANN401
    """Return what stands at a path of decoded JSON; None where nothing usable does.

    >>> look_up({"data": [{"name": "cup"}]}, "data[0].name")
    'cup'
    """
    try:
        return compile_path(path).search(document)
    except JMESPathError:
        return None  # a function of the path met a value of a kind it cannot take
