"""JSON that pages carry within them (`__NEXT_DATA__`, `window.__STATE__ = …`), by JMESPath."""

import json
import re
from collections.abc import Iterator
from typing import Any

from parsel import Selector

from crawler.styles.page import Page
from crawler.styles.selecting import select
from data.platform import JsonApi

_UNDEFINED = re.compile(r"(?<=[:\[,])\s*undefined(?=\s*[,}\]])")
_PARSED = re.compile(r"\s*(?:=\s*)?JSON\.parse\(\s*")
_DECODER = json.JSONDecoder(strict=False)


def document_of(page: Page, where: JsonApi) -> Any:  # noqa: ANN401
    """Return the first JSON that stands where the file says; None when none can be read.

    >>> page = Page("https://a.example/", b"<script>window.A = {'x': 1}; window.B={x:1}</script>")
    >>> document_of(page, JsonApi(after="window.A =")) is None
    True
    """
    return page.once("embedded", lambda: _document_of(page, where))


def _document_of(page: Page, where: JsonApi) -> Any:  # noqa: ANN401
    found = (loads(text) for text in _texts(page, where))
    return next((document for document in found if document is not None), None)


def _texts(page: Page, where: JsonApi) -> Iterator[str]:
    """Yield the texts that may be the JSON."""
    if where.after:
        yield from (rest for _, mark, rest in _parts(page.text, where.after) if mark)
        return
    for selector in where.script:
        yield from map(_source, select(page.selector, selector))


def _parts(text: str, mark: str) -> Iterator[tuple[str, str, str]]:
    while mark and mark in text:
        before, found, text = text.partition(mark)
        yield before, found, text


def _source(found: Selector) -> str:
    """Return what an element or attribute holds, scripts included."""
    if isinstance(found.root, str):
        return found.root
    return "".join(found.xpath(".//text()").getall())


def loads(text: str) -> Any:  # noqa: ANN401
    """Read JSON at the beginning of a text, as scripts write it; None when it is none.

    >>> loads(' {"a": undefined, "b": [1]}; window.c = 2'), loads('JSON.parse("[1]")')
    ({'a': None, 'b': [1]}, [1])
    """
    if parsed := _PARSED.match(text):
        inner = _first(text[parsed.end() :])
        return _first(inner) if isinstance(inner, str) else None
    found = _first(text)
    return _first(_UNDEFINED.sub(" null", text)) if found is None and "undefined" in text else found


def _first(text: str) -> Any:  # noqa: ANN401
    try:
        return _DECODER.raw_decode(text.lstrip(" \t\r\n="))[0]
    except (ValueError, RecursionError):
        return None
