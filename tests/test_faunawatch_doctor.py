"""The doctor finds an audit chain that was rewritten so well that every seal fits."""

from pathlib import Path

from sqlalchemy import select

from data import audit
from data.audit import AuditRow, note
from data.states import BatchState
from data.store import Store
from data.takedowns import TakedownBatch
from faunawatch.doctor import _chain
from faunawatch.house import House


def test_a_chain_sealed_anew_lacks_the_head_of_a_frozen_batch(
    store: Store, tmp_path: Path, clock
) -> None:
    house = House(tmp_path, "", store)
    with store.write() as session:
        for verb in ("decided", "undone"):
            note(session, actor="person:1", verb=verb, subject="decision:1", clock=clock)
        batch = TakedownBatch(platform_id="a", number="A-2026-0001", state=BatchState.FROZEN)
        batch.created_at, batch.audit_head = clock.now(), audit.head(session)
        session.add(batch)
    assert _chain(house).ok
    with store.write() as session:
        previous = audit.FIRST
        for row in session.scalars(select(AuditRow).order_by(AuditRow.id)):
            row.verb, row.previous = "decided", previous
            row.sealed = previous = audit._seal(row)
    with store.read() as session:
        assert audit.first_broken(session) is None
    assert "A-2026-0001" in _chain(house).words
