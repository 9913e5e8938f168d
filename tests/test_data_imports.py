"""Answer sheets that come back: matched, planned row by row, applied, never guessed."""

import dataclasses

from sqlalchemy import func, select

from data.answers import ReplyRow
from data.imports import Fate, apply_import, plan_import
from data.states import RequestState
from data.takedowns import OutcomeCause, OutcomeEvent
from tests.takedown_makers import a_frozen, a_sent

NUMBER = "PASAR-CONTOH-2026-0001"


def row(line, external_id="", said="removed", **more):
    return ReplyRow(line, external_id=external_id, platform_status=said, **more)


def plan(session, *rows, batch=None):
    return [one.fate for one in plan_import(session, rows, batch=batch).rows]


def test_rows_match_by_id_else_by_address_else_not(store, clock, evidence):
    with store.write() as session:
        a_sent(session, clock, evidence, ["1", "2"])
        by_url = row(2, url="HTTPS://pasar.example/item/2/?utm_source=mail#x")
        assert plan(session, row(1, "1"), by_url, row(3, "77")) == [
            Fate.APPLY,
            Fate.APPLY,
            Fate.UNMATCHED,
        ]


def test_a_dry_run_writes_nothing_and_says_what_would_change(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        (planned,) = plan_import(session, [row(1, "1", "đã gỡ bỏ")]).rows
        assert (planned.before, planned.after) == (RequestState.SENT, RequestState.REMOVED)
        assert request.state is RequestState.SENT
        assert session.scalar(select(func.count(OutcomeEvent.id))) == 0


def test_applying_records_the_platforms_own_words(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        reply = row(
            1,
            "1",
            "卖家已删除",
            platform_ref="T-9",
            platform_date="2026年11月2日",
            platform_comment="ok",
        )
        apply_import(session, [reply], actor="t", clock=clock)
        outcome = session.scalars(select(OutcomeEvent)).one()
        assert request.state is RequestState.ALREADY_GONE
        assert outcome.cause is OutcomeCause.SELLER_REMOVED
        assert (outcome.platform_status, outcome.platform_ref) == ("卖家已删除", "T-9")
        assert str(outcome.platform_date) == "2026-11-02"
        assert plan(session, reply) == [Fate.SAME]


def test_an_unknown_word_is_reported_and_not_guessed(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        result = apply_import(session, [row(1, "1", "已下架处理中")], actor="t", clock=clock)
        assert result.counts == {Fate.UNKNOWN_WORD: 1}
        assert request.state is RequestState.SENT


def test_rows_of_another_batch_are_reported(store, clock, evidence):
    with store.write() as session:
        first, _ = a_sent(session, clock, evidence, ["1"])
        second, _ = a_sent(session, clock, evidence, ["2"])
        rows = [row(1, "1"), row(2, "2", batch_no=second.number), row(3, "2")]
        fates = plan(session, *rows, batch=first)
        assert fates == [Fate.APPLY, Fate.OTHER_BATCH, Fate.OTHER_BATCH]
        named = plan_import(session, [row(1, "2", batch_no=first.number)]).rows[0]
        assert (named.fate, named.remark) == (Fate.OTHER_BATCH, second.number)


def test_doubles_count_once_and_contradictions_never(store, clock, evidence):
    with store.write() as session:
        _, (first, second) = a_sent(session, clock, evidence, ["1", "2"])
        rows = [row(1, "1"), row(2, "1"), row(3, "2"), row(4, "2", "rejected"), row(5, "1", "")]
        assert plan(session, *rows) == [
            Fate.APPLY,
            Fate.DUPLICATE,
            Fate.CONTRADICTION,
            Fate.CONTRADICTION,
            Fate.EMPTY,
        ]
        apply_import(session, rows, actor="t", clock=clock)
        assert (first.state, second.state) == (RequestState.REMOVED, RequestState.SENT)


def test_an_answer_to_an_unsent_batch_is_not_applied(store, clock, evidence):
    with store.write() as session:
        a_frozen(session, clock, evidence)
        assert plan(session, row(1, "1")) == [Fate.NOT_SENT]


def test_an_unreadable_date_is_said_and_kept(store, clock, evidence):
    with store.write() as session:
        a_sent(session, clock, evidence)
        reply = dataclasses.replace(row(1, "1"), platform_date="next week")
        (planned,) = plan_import(session, [reply]).rows
        assert "cannot be read" in planned.remark
        apply_import(session, [reply], actor="t", clock=clock)
        outcome = session.scalars(select(OutcomeEvent)).one()
        assert (outcome.platform_date, outcome.comment) == (None, "next week")


def test_an_answer_repeated_after_the_proof_is_recorded_as_its_word(store, clock, evidence):
    with store.write() as session:
        _, (request,) = a_sent(session, clock, evidence)
        apply_import(session, [row(1, "1")], actor="t", clock=clock)
        changed = dataclasses.replace(row(1, "1"), platform_ref="new")
        apply_import(session, [changed], actor="t", clock=clock)
        assert request.state is RequestState.REMOVED
        assert session.scalar(select(func.count(OutcomeEvent.id))) == 2
