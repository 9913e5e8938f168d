"""Logs: JSON lines for machines, short lines on a terminal; never a seller's words or contacts."""

import logging
import sys

import structlog

QUIET = ("scrapy", "twisted", "asyncio", "alembic", "apscheduler", "PIL", "filelock", "py.warnings")


def configure(level: int = logging.INFO) -> None:
    """Send the logs of this process to stderr."""
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_worth_saying)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def _worth_saying(record: logging.LogRecord) -> bool:
    """Pass our own lines, and of libraries only what went wrong.

    A filter and not a level, because Scrapy sets its loggers' levels anew at every start.
    """
    return record.levelno >= logging.WARNING or not record.name.startswith(QUIET)
