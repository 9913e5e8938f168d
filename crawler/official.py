"""The user's own key to a platform's official API: sent to that one host, and nowhere else.

A platform that gave out a key has agreed to being asked there by it, so robots.txt, which speaks to
robots without one, does not bind on that host. It binds everywhere else, and always without a key.
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawler.addresses import AddressRule
from data.platform import Platform

if TYPE_CHECKING:
    from scrapy import Request


def is_official(url: str, platform: Platform, rule: AddressRule, key: str) -> bool:
    """Tell whether an address is one of the official API to which the key may be sent.

    A key never travels in clear, except to a local address in a demo or test home.
    """
    parts = urlsplit(url)
    official = platform.official_api
    if official is None or not key or parts.netloc.lower() != official.host:
        return False
    return parts.scheme == "https" or official.host in rule.local


class OfficialApi:
    """Downloader middleware: adds the key to requests of the official API, takes it off others.

    A redirect keeps headers, so every request is looked at on its way out.
    """

    def __init__(self, crawler: Any) -> None:  # noqa: ANN401
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> "OfficialApi":  # noqa: ANN401
        """Make the middleware as Scrapy asks for it."""
        return cls(crawler)

    def process_request(self, request: "Request") -> None:
        """Add the key, or take it off."""
        spider = self.crawler.spider
        official = spider.platform.official_api
        if official is None:
            return
        request.headers.pop(official.header, None)
        key = spider.options.api_key
        if is_official(request.url, spider.platform, spider.rule, key):
            request.headers[official.header] = official.form.replace("{key}", key)
