"""Which requests a browser renders, and Scrapy's settings for it; needs the extra `js`.

The browser itself is in `crawler.browser`, imported only where a platform wants it.
"""

import importlib.util
import os
import shutil
from typing import Any

from data.platform import Platform, Style

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NAVIGATION_MS = 30_000
_HANDLER = "crawler.browser.RenderedPages"
_ROOT = 0
# Nothing but the proxy reaches the network: no names resolved, no sockets beside it.
_FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
)


class BrowserMissing(Exception):
    """A platform needs a browser that is not there: install what the message names."""


def meta_of(platform: Platform, shown: str) -> dict[str, Any]:
    """Return what marks a request for the browser; nothing for all others."""
    if platform.style is not Style.BROWSER or shown not in platform.browser.render:
        return {}
    return {"rendered": True}


def find_browser() -> str:
    """Return where the system's Chromium is; raises `BrowserMissing` with what to do."""
    if importlib.util.find_spec("scrapy_playwright") is None:
        told = "pages of this platform are made by scripts; install the extra: faunawatch[js]"
        raise BrowserMissing(told)
    found = next((path for name in NAMES if (path := shutil.which(name))), "")
    if not found:
        raise BrowserMissing("there is no Chromium on this machine; install `chromium`")
    return found


def rendering_settings(platform: Platform, agent: str) -> dict[str, Any]:
    """Return the settings a platform needs whose pages are rendered; none for the others."""
    if platform.style is not Style.BROWSER:
        return {}
    at_once = platform.browser.at_once
    headers = {name: value for name, value in platform.headers.items() if name != "User-Agent"}
    return {
        "DOWNLOAD_HANDLERS": {
            "http": _HANDLER,
            "https": _HANDLER,
            "data": None,
            "file": None,
            "ftp": None,
            "s3": None,
        },
        "CONCURRENT_REQUESTS": at_once,
        "CONCURRENT_REQUESTS_PER_DOMAIN": at_once,
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": at_once,
        "PLAYWRIGHT_MAX_CONTEXTS": 1,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": NAVIGATION_MS,
        "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": None,
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": find_browser(),
            "args": list(_FLAGS),
            # Chromium refuses its sandbox to root; run as a user of its own to have it.
            "chromium_sandbox": os.geteuid() != _ROOT,
        },
        "PLAYWRIGHT_CONTEXTS": {
            "default": {
                "user_agent": agent,
                "extra_http_headers": headers,
                "accept_downloads": False,
                "service_workers": "block",
            }
        },
    }
