"""The audit chain holds, and any edit before its head is found."""

import pytest
from sqlalchemy import delete, update

from data import audit
from data.audit import AuditRow
from data.store import Store


def _chain(store: Store, clock, length: int = 5) -> None:
    for number in range(length):
        with store.write() as session:
            audit.note(
                session,
                actor="person:1",
                verb="decide",
                subject=f"listing:{number}",
                clock=clock,
                detail={"n": number},
            )


def test_an_untouched_chain_verifies(store: Store, clock) -> None:
    _chain(store, clock)
    with store.read() as session:
        assert audit.first_broken(session) is None
        assert audit.head(session) != audit.FIRST


@pytest.mark.parametrize("column", ["actor", "verb", "subject", "detail_sha256", "previous"])
def test_an_edited_row_is_found(store: Store, clock, column) -> None:
    _chain(store, clock)
    with store.write() as session:
        session.execute(update(AuditRow).where(AuditRow.id == 3).values({column: "x"}))
    with store.read() as session:
        assert audit.first_broken(session) == 3


def test_a_removed_row_is_found(store: Store, clock) -> None:
    _chain(store, clock)
    with store.write() as session:
        session.execute(delete(AuditRow).where(AuditRow.id == 2))
    with store.read() as session:
        assert audit.first_broken(session) == 3
