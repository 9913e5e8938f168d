"""A platform's file tried on the real site, and what came of it in plain lines."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from data.platform import Platform
from faunawatch.house import House, os_actor
from faunawatch.jobs import crawl_options

if TYPE_CHECKING:
    from crawler.check import CheckReport


def check_platform(house: House, platform: Platform, search: Sequence[str]) -> "CheckReport":
    """Fetch a few pages of a platform and say what is wrong."""
    from crawler.check import check  # noqa: PLC0415  (Scrapy is loaded only when it is used)

    options = replace(crawl_options(house, platform, os_actor()), search_terms=tuple(search))
    return check(platform, options)


def lines_of(report: "CheckReport") -> Iterator[str]:
    """Say a report in plain lines: one a field, one a fault, one of advice under each."""
    yield heading(report)
    for field in report.fields if report.pages else ():
        mark = "" if field.needed else "  (may be missing)" if not field.found else ""
        yield f"  {field.name:<12} {field.found}/{field.of}  {field.example}{mark}"
    for name, words in found_out(report):
        yield f"  {name:<12} {words}"
    for fault in report.faults:
        yield f"FAULT   {fault}"
        yield f"        {fault.advice}"
    for remark in report.remarks:
        yield f"REMARK  {remark}"
    yield verdict(report)


def heading(report: "CheckReport") -> str:
    """Say what was checked and how much was asked for it."""
    asked = f"{report.requests} requests, {report.pages} listings read"
    return f"{report.platform_id}: {report.name}, {asked}"


def found_out(report: "CheckReport") -> tuple[tuple[str, str], ...]:
    """Return what was found out beside the fields."""
    return ("robots", report.robots), ("paging", report.paging), ("search", report.search)


def verdict(report: "CheckReport") -> str:
    """Say in one line whether the platform can be crawled."""
    if report.ok:
        return "Nothing wrong found."
    count = len(report.faults)
    return f"{count} fault{'s' if count > 1 else ''} found; correct the file and check again."
