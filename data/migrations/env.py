"""Alembic's entry: migrate over the connection that `data.store` hands in."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON

from data.base import Money, Record, UtcTime, Word
from data.records import ALL_RECORDS

assert ALL_RECORDS  # noqa: S101  (importing it is what registers every table)


def plain(kind: str, element: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401
    """Write our column types as what they store, so that old migrations outlive the classes."""
    if kind == "type" and isinstance(element, UtcTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(element, Word | Money):
        return "sa.String(length=40)"
    if kind == "type" and isinstance(element, JSON):
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Record.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=False,
        render_item=plain,
        transaction_per_migration=False,
    )
    context.run_migrations()


run()
