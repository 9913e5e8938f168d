"""Which requests a browser renders; the browser itself is the extra `js`, see `crawler.browser`."""

from typing import Any

from data.platform import Platform, Style


def meta_of(platform: Platform, shown: str) -> dict[str, Any]:
    """Return what marks a request for the browser; nothing for all others."""
    if platform.style is not Style.BROWSER or shown not in platform.browser.render:
        return {}
    return {"rendered": True}
