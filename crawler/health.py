"""Walls: pages that stand where content should be. One is enough to stop.

A *certain* wall is recognised by marks no listing page carries. A *likely* wall (a captcha box, a
sign-in form) is one only where nothing else could be read, since honest pages carry such boxes too.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.styles.page import Page
from data.crawls import Ending

STUB_BYTES = 2_500
STUB_TEXT = 60
THIN_TEXT = 1_500
_STATUSES = {
    401: "asks for a sign-in",
    403: "refuses us",
    407: "asks for a proxy sign-in",
    415: "refuses us, as firewalls for shared hosting do",
    429: "says we ask too often",
    503: "refuses us or is overloaded",
}
_BODY_MARKS = {
    b"x5secdata": "a slider check (x5sec)",
    b"RGV587": "a refusal inside JSON (RGV587)",
    b"FAIL_SYS_USER_VALIDATE": "a refusal inside JSON (user validation)",
    b"_Incapsula_Resource": "an Incapsula block page",
    b"/cdn-cgi/challenge-platform/": "a Cloudflare challenge",
    b"__cf_chl_": "a Cloudflare challenge",
    b"window._cf_chl_opt": "a Cloudflare challenge",
    b"px-captcha": "a PerimeterX captcha",
    b"geo.captcha-delivery.com": "a DataDome captcha",
}
_BLOCK_TITLE = re.compile(
    r"just a moment|attention required|access denied|access to this page has been denied"
    r"|are you (a )?(human|robot)|verify (that )?you are|security check|request blocked"
    r"|captcha|人机验证|人機驗證|安全验证|访问验证|滑动验证|xác minh bạn|ยืนยันตัวตน"
    r"|verifikasi keamanan",
    re.IGNORECASE,
)
_CAPTCHA = re.compile(
    rb"g-recaptcha|h-captcha|hcaptcha\.com|cf-turnstile|geetest|captcha", re.IGNORECASE
)
_SIGN_IN_PATH = re.compile(
    r"(^|[/._-])(log-?in|sign-?in|passport|auth|dang-nhap|daftar-masuk)([/._-]|$)", re.IGNORECASE
)
_STUB = re.compile(rb"<script(?![^>]*ld\+json)|http-equiv=.?refresh|<noscript", re.IGNORECASE)


@dataclass(frozen=True)
class Wall:
    """A page that stands in the way: how the run ends, and why."""

    ending: Ending
    cause: str


def certain_wall(page: Page) -> Wall | None:
    """Recognise a block page by marks that no listing page carries."""
    if "cf-mitigated" in page.headers:
        return _blocked(page, "Cloudflare turned us away")
    if "punish" in page.url and "x5secdata" in page.url:
        return _blocked(page, "the platform sent us to a slider check")
    if not page.is_json and (name := _mark(page)) and len(page.visible) < THIN_TEXT:
        return _blocked(page, f"the page is {name}")
    return None


def _mark(page: Page) -> str:
    """Name the block page by its machinery; what a seller wrote for all to read proves nothing."""
    for mark, name in _BODY_MARKS.items():
        if mark in page.body and (page.is_json or mark.decode() not in page.visible):
            return name
    return ""


def status_wall(page: Page) -> Wall | None:
    """Recognise a refusal by its status alone; ask after the platform's own rules."""
    meaning = _STATUSES.get(page.status)
    if meaning is None:
        return None
    ending = Ending.LOGIN_WALL if page.status == 401 else Ending.BLOCKED  # noqa: PLR2004
    return Wall(ending, f"the platform {meaning} (HTTP {page.status}) at {page.url}")


def likely_wall(page: Page) -> Wall | None:
    """Recognise a wall on a page from which nothing could be read."""
    if _is_sign_in(page):
        return Wall(Ending.LOGIN_WALL, f"a sign-in page came instead of content at {page.url}")
    cause = _machinery(page)
    return _blocked(page, f"{cause} came instead of content") if cause else None


def _machinery(page: Page) -> str:
    if (name := _mark(page)) or page.is_json:
        return name
    title = " ".join((page.selector.xpath("//title/text()").get() or "").split())
    if _BLOCK_TITLE.search(title):
        return f"a page headed {title[:80]!r}"
    if _CAPTCHA.search(page.body):
        return "a captcha"
    is_stub = len(page.body) < STUB_BYTES and len(page.visible) < STUB_TEXT
    return f"a stub of {len(page.body)} bytes" if is_stub and _STUB.search(page.body) else ""


def _blocked(page: Page, cause: str) -> Wall:
    return Wall(Ending.BLOCKED, f"{cause} at {page.url}")


def _is_sign_in(page: Page) -> bool:
    if _SIGN_IN_PATH.search(urlsplit(page.url).path):
        return True
    if page.is_json:
        return False
    return bool(page.selector.xpath('//form//input[@type="password"]'))
