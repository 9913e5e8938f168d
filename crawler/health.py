"""Walls: pages that stand where content should be. One is enough to stop.

A *certain* wall is recognised by marks no listing page carries. A *likely* wall (a captcha box, a
sign-in form) is one only where nothing else could be read, since honest pages carry such boxes too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from crawler.styles.page import Page
from data.crawls import Ending

STUB_BYTES = 2_500
STUB_TEXT = 60
THIN_TEXT = 1_500
MOST_REFUSAL = 500
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
    b"AwsWafIntegration": "a challenge of AWS WAF",
    b"window.KPSDK": "a Kasada challenge",
    b"validate.perfdrive.com": "a Radware bot check",
}
_HEADER_MARKS = {
    "cf-mitigated": "Cloudflare turned us away",
    "x-amzn-waf-action": "AWS WAF turned us away",
    "x-sucuri-block": "Sucuri's firewall turned us away",
}
# Where programs put their refusals in JSON; a seller's words stand under other names.
_REFUSAL_KEYS = frozenset((
    "action", "code", "error", "error_code", "error_msg", "errorCode", "errorMsg", "errors",
    "errno", "message", "msg", "reason", "ret", "rgv587_flag", "status", "url",
))  # fmt: skip
_CERTAIN_IN_JSON = {
    "RGV587": "a refusal inside JSON (RGV587)",
    "FAIL_SYS_USER_VALIDATE": "a refusal inside JSON (user validation)",
    "FAIL_SYS_ILLEGAL_ACCESS": "a refusal inside JSON (illegal access)",
    "x5secdata": "a slider check inside JSON (x5sec)",
    "bxpunish": "a slider check inside JSON (punish)",
    "captcha-delivery.com": "a DataDome captcha inside JSON",
}
_LIKELY_IN_JSON = re.compile(
    r"captcha|forbidden|access denied|too many requests|rate.?limit|\brobot\b|\bbot\b|verify you"
    r"|访问受限|请求过于频繁|操作频繁|安全验证|系统繁忙",
    re.IGNORECASE,
)
_LOGIN_IN_JSON = re.compile(
    r"log ?in required|please (log|sign) ?in|not logged in|need.?login|unauthori[sz]ed"
    r"|FAIL_SYS_SESSION_EXPIRED|请先登录|請先登入|未登录|đăng nhập|กรุณาเข้าสู่ระบบ",
    re.IGNORECASE,
)
_BLOCK_TITLE = re.compile(
    r"just a moment|attention required|access denied|access to this page has been denied"
    r"|are you (a )?(human|robot)|verify (that )?you are|security check|request blocked"
    r"|captcha|人机验证|人機驗證|安全验证|访问验证|滑动验证|xác minh bạn|ยืนยันตัวตน"
    r"|verifikasi keamanan|bot.?protection|pardon our interruption|unusual traffic",
    re.IGNORECASE,
)
_CAPTCHA = re.compile(
    rb"g-recaptcha|h-captcha|hcaptcha\.com|cf-turnstile|geetest|captcha", re.IGNORECASE
)
_SIGN_IN_PATH = re.compile(
    r"(^|[/._-])(log-?in|sign-?in|passport|auth|dang-nhap|daftar-masuk)([/._-]|$)", re.IGNORECASE
)
_SIGN_IN_HOST = re.compile(r"^(log-?in|sign-?in|passport|sso|auth|accounts?)\.", re.IGNORECASE)
_SIGN_IN_STEP = re.compile(
    r"^((user|account|member|customer)s?[-_]?)?(log-?in|sign-?in|passport|dang-nhap|daftar-masuk)"
    r"(\.\w{2,5})?$",
    re.IGNORECASE,
)
_STUB = re.compile(rb"<script(?![^>]*json)|http-equiv=.?refresh|<noscript", re.IGNORECASE)


@dataclass(frozen=True)
class Wall:
    """A page that stands in the way: how the run ends, why, and the page itself as a sample."""

    ending: Ending
    cause: str
    page: Page | None = field(default=None, compare=False, repr=False)


def certain_wall(page: Page, asked: str = "") -> Wall | None:
    """Recognise a wall by marks that no listing page carries; `asked` is where we set out to."""
    for header, what in _HEADER_MARKS.items():
        if header in page.headers:
            return _blocked(page, what)
    if "punish" in page.url and "x5secdata" in page.url:
        return _blocked(page, "the platform sent us to a slider check")
    if asked and is_sign_in_address(page.url) and not is_sign_in_address(asked):
        return _login(page, f"asking for {asked} leads to a sign-in page")
    if name := _json_mark(page) if page.is_json else _mark(page):
        return _blocked(page, f"the page is {name}") if _is_thin(page) else None
    return None


def _is_thin(page: Page) -> bool:
    return page.is_json or len(page.visible) < THIN_TEXT


def is_sign_in_address(url: str) -> bool:
    """Tell whether an address is that of a sign-in page by its host or a whole step of its path.

    >>> [is_sign_in_address(f"https://{one}") for one in ("a.example/login.php?next=1",
    ...     "passport.a.example/", "a.example/items/log-in-cabin-7")]
    [True, True, False]
    """
    parts = urlsplit(url)
    steps = parts.path.strip("/").split("/")
    return bool(_SIGN_IN_HOST.match(parts.hostname or "")) or any(map(_SIGN_IN_STEP.match, steps))


def _json_mark(page: Page) -> str:
    """Name a refusal that came as JSON with status 200, by what stands where programs put it."""
    met = [mark for mark in _CERTAIN_IN_JSON if mark.encode() in page.body]
    said = " ".join(_refusal_words(page.document)) if met else ""
    return next((_CERTAIN_IN_JSON[mark] for mark in met if mark in said), "")


def _refusal_words(document: Any, depth: int = 0) -> Iterator[str]:  # noqa: ANN401
    """Give the keys and short values at the top of a document, where refusals stand."""
    if not isinstance(document, dict) or depth > 1:
        return
    for key, value in document.items():
        if key in _REFUSAL_KEYS or key == "bxpunish":
            yield str(key)
            yield from _short_words(value)
        if key in {"data", "error", "errors"}:
            yield from _refusal_words(value, depth + 1)


def _short_words(value: Any) -> Iterator[str]:  # noqa: ANN401
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str | int) and len(str(one)) <= MOST_REFUSAL:
            yield str(one)


def _mark(page: Page) -> str:
    """Name the block page by its machinery; what a seller wrote for all to read proves nothing."""
    for mark, name in _BODY_MARKS.items():
        if mark in page.body and mark.decode() not in page.visible:
            return name
    return ""


def status_wall(page: Page) -> Wall | None:
    """Recognise a refusal by its status alone; ask after the platform's own rules."""
    meaning = _STATUSES.get(page.status)
    if meaning is None:
        return None
    ending = Ending.LOGIN_WALL if page.status == 401 else Ending.BLOCKED  # noqa: PLR2004
    return Wall(ending, f"the platform {meaning} (HTTP {page.status}) at {page.url}", page)


def likely_wall(page: Page) -> Wall | None:
    """Recognise a wall on a page from which nothing could be read."""
    if page.is_json:
        return _likely_in_json(page)
    if _is_sign_in(page):
        return _login(page, "a sign-in page came instead of content")
    cause = _machinery(page)
    return _blocked(page, f"{cause} came instead of content") if cause else None


def _likely_in_json(page: Page) -> Wall | None:
    if name := _json_mark(page):
        return _blocked(page, f"{name} came instead of content")
    if _SIGN_IN_PATH.search(urlsplit(page.url).path):
        return _login(page, "a sign-in page came instead of content")
    said = " ".join(_refusal_words(page.document))
    if found := _LOGIN_IN_JSON.search(said):
        return _login(page, f"JSON that says {found[0]!r} came instead of content")
    found = _LIKELY_IN_JSON.search(said)
    return _blocked(page, f"JSON that says {found[0]!r} came instead of content") if found else None


def _machinery(page: Page) -> str:
    if name := _mark(page):
        return name
    title = " ".join((page.selector.xpath("//title/text()").get() or "").split())
    if _BLOCK_TITLE.search(title):
        return f"a page headed {title[:80]!r}"
    if _CAPTCHA.search(page.body):
        return "a captcha"
    is_stub = len(page.body) < STUB_BYTES and len(page.visible) < STUB_TEXT
    return f"a stub of {len(page.body)} bytes" if is_stub and _STUB.search(page.body) else ""


def _blocked(page: Page, cause: str) -> Wall:
    return Wall(Ending.BLOCKED, f"{cause} at {page.url}", page)


def _login(page: Page, cause: str) -> Wall:
    return Wall(Ending.LOGIN_WALL, f"{cause} at {page.url}", page)


def _is_sign_in(page: Page) -> bool:
    if _SIGN_IN_PATH.search(urlsplit(page.url).path):
        return True
    return bool(page.selector.xpath('//form//input[@type="password"]'))
