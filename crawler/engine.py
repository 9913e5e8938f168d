"""Scrapy as we run it: one process, one spider, no servers, no files, no surprises."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler

from crawler.addresses import SETTING
from crawler.fetching import PlatformSpider, Run
from crawler.politeness import ROBOT_NAME, user_agent
from crawler.rendering import rendering_settings
from crawler.retrying import BASE_SETTING
from data.crawls import Ending
from data.platform import LEAST_DELAY_S

TIMEOUT_S = 30
POLITE_MARGIN = 1.25
AT_ONCE_LOCALLY = 4
RETRY_PAUSE_S = 2.0
RETRY_PAUSE_LOCALLY_S = 0.02
_MIDDLEWARES: dict[str, int | None] = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
    "crawler.gate.Watch": 60,
    "crawler.official.OfficialApi": 90,
    "crawler.politeness.Robots": 100,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "crawler.retrying.Retry": 550,
    "crawler.gate.Gate": 740,
}
_HANDLERS: dict[str, str | None] = {
    "http": "crawler.gate.CheckedHttps",
    "https": "crawler.gate.CheckedHttps",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}


def settings_for(run: Run) -> dict[str, Any]:
    """Return Scrapy's settings for one run."""
    return {
        SETTING: run.rule,
        "TWISTED_DNS_RESOLVER": "crawler.addresses.GuardedResolver",
        "USER_AGENT": user_agent(run.options.contact, run.options.version),
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": ROBOT_NAME,
        "DOWNLOADER_MIDDLEWARES": _MIDDLEWARES,
        "DOWNLOAD_HANDLERS": _HANDLERS,
        "DOWNLOAD_MAXSIZE": run.platform.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_TIMEOUT": TIMEOUT_S,
        "HTTPERROR_ALLOW_ALL": True,
        "REDIRECT_MAX_TIMES": 5,
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        "RETRY_TIMES": 2,
        "COOKIES_ENABLED": False,
        # Scrapy starts this many workers for every page; nothing is yielded that would need them.
        "CONCURRENT_ITEMS": 1,
        # It would read and parse the source of a callback anew for every page that comes.
        "WARN_ON_GENERATOR_RETURN_VALUE": False,
        "EXTENSIONS_BASE": {},
        "EXTENSIONS": {"crawler.limits.Limits": 0},
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
        "LOG_VERSIONS": [],
        **_pace(run),
        **rendering_settings(run.platform, user_agent(run.options.contact, run.options.version)),
    }


def _pace(run: Run) -> dict[str, Any]:
    # A file that names a local address beside others may not hurry on those others.
    is_local = run.platform.hosts <= run.rule.local
    delay = run.platform.delay_s if is_local else max(run.platform.delay_s, LEAST_DELAY_S)
    at_once = AT_ONCE_LOCALLY if is_local and delay == 0 else 1
    # The jitter stays on the slow side of the delay that was promised.
    return {
        "CONCURRENT_REQUESTS": at_once,
        "CONCURRENT_REQUESTS_PER_DOMAIN": at_once,
        "DOWNLOAD_DELAY": delay * POLITE_MARGIN,
        "DOWNLOAD_DELAY_JITTER": 0.2,
        BASE_SETTING: RETRY_PAUSE_LOCALLY_S if is_local else max(RETRY_PAUSE_S, delay),
    }


def drive(run: Run, spider: type[PlatformSpider], **more: Any) -> None:  # noqa: ANN401
    """Run one spider to its end; signals end it cleanly."""
    process = AsyncCrawlerProcess(settings_for(run))
    crawler: Crawler = process.create_crawler(spider)
    with _stopping_on_signals(run):
        process.crawl(crawler, run=run, **more)
        process.start()


@contextmanager
def _stopping_on_signals(run: Run) -> Iterator[None]:
    """Until Scrapy takes the signals over, one of them just marks the run as stopped.

    Scrapy leaves its handlers behind, which would make the process deaf once its reactor stands
    still; so whoever had them before gets them back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        run.progress.stop(Ending.STOPPED, "stopped before it began")

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
