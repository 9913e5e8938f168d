"""What the rules ask to be told: runs that went wrong in a row, missed runs, flags to hear of.

Looking is cheap and may be done by any part, as often as it likes: an alert's key says what it is
about, so that looking again raises nothing again.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.alerts import (
    Alert,
    AlertKind,
    AlertMute,
    AlertRule,
    Message,
    muted_until,
    raise_alert,
    was_told,
)
from data.base import Clock
from data.crawls import CrawlKind, RunState
from data.flags import Flag
from data.listings import Listing
from data.streaks import RunSaid, latest_states, runs_said, streak
from data.taxa import Concern, load_taxa
from data.watches import MissedRun, Watch

STATES_OF: Final[Mapping[AlertKind, frozenset[RunState]]] = {
    AlertKind.DROP: frozenset({RunState.DEGRADED, RunState.BROKEN, RunState.EMPTY}),
    AlertKind.BLOCKED: frozenset(
        {RunState.BLOCKED, RunState.LOGIN_WALL, RunState.ROBOTS_FORBIDDEN}
    ),
    AlertKind.FAILED: frozenset({RunState.FAILED}),
}
_COUNTS: Final[Mapping[AlertKind, str]] = {
    AlertKind.DROP: "1 platform gives less than usual",
    AlertKind.BLOCKED: "1 platform turned us away",
    AlertKind.FAILED: "1 platform could not be read",
}
FLAGS_EVERY: Final = timedelta(minutes=4)
"""A rule speaks at once, then gathers: with a look every half minute it is within five minutes."""
FLAGS_AT_ONCE: Final = 500
MOST_NAMED: Final = 5
MISSED_LATELY: Final = timedelta(days=2)


def rules(session: Session) -> list[AlertRule]:
    """Return every rule, in order."""
    return list(session.scalars(select(AlertRule).order_by(AlertRule.id)))


def look(session: Session, *, clock: Clock, now: datetime) -> list[Alert]:
    """Raise what the rules ask for; `now` is real time, which sending is measured by."""
    raised: list[Alert] = []
    asking = rules(session)
    messages = [*_of_runs(session, asking, clock), *_of_missed(session, asking, clock)]
    messages += _of_flags(session, asking, clock)
    for message in messages:
        alert = raise_alert(session, message, clock=clock, now=now)
        raised += [alert] if alert is not None else []
    return raised


def is_muted(rule: AlertRule, now: datetime) -> bool:
    """Tell whether a rule says nothing for now."""
    return rule.muted_until is not None and rule.muted_until > now


def _of_runs(session: Session, asking: Sequence[AlertRule], clock: Clock) -> Iterator[Message]:
    now = clock.now()
    mine = [rule for rule in asking if rule.kind in STATES_OF and not is_muted(rule, now)]
    if not mine:
        return
    heard, told = _listened_to(session, now), _last_told(session)
    for (platform_id, kind), state in sorted(latest_states(session, now).items()):
        if platform_id not in heard or kind not in _KINDS:
            continue
        troubled = any(state in STATES_OF[rule.kind] for rule in mine)
        back = state is RunState.OK and told.get(platform_id) in STATES_OF
        runs = runs_said(session, platform_id, kind) if troubled or back else ()
        for rule in mine if troubled else ():
            yield from _of_streak(rule, platform_id, kind, runs)
        if back:
            yield from _recovered(session, platform_id, kind, runs)


_KINDS: Final = frozenset({CrawlKind.LISTINGS, CrawlKind.RECHECK})


def _listened_to(session: Session, now: datetime) -> set[str]:
    """Return the platforms that are crawled now and that nobody has muted."""
    muted = set(session.scalars(select(AlertMute.platform_id).where(AlertMute.until > now)))
    if "" in muted:
        return set()
    rows = session.execute(select(Watch.platform_id, Watch.paused_until).where(Watch.enabled))
    awake = {one for one, paused in rows if paused is None or paused <= now}
    return awake - muted


def _last_told(session: Session) -> dict[str, AlertKind]:
    """Return what was told last of each platform's runs."""
    kinds = (*STATES_OF, AlertKind.RECOVERED)
    newest = select(func.max(Alert.id)).where(Alert.kind.in_(kinds)).group_by(Alert.platform_id)
    rows = session.execute(select(Alert.platform_id, Alert.kind).where(Alert.id.in_(newest)))
    return dict(rows.all())


def _key(kind: AlertKind, platform_id: str, of: CrawlKind, first: RunSaid) -> str:
    return f"{kind}:{platform_id}:{of}:{first.crawl_id}"


def _of_streak(
    rule: AlertRule, platform_id: str, of: CrawlKind, runs: Sequence[RunSaid]
) -> Iterator[Message]:
    """Tell of a streak once, when it is as long as the rule waits for."""
    bad = streak(runs, STATES_OF[rule.kind])
    if not bad or len(bad) < rule.after:
        return
    many = "1 run" if len(bad) == 1 else f"{len(bad)} runs in a row"
    what = "" if of is CrawlKind.LISTINGS else " when listings were looked at again"
    yield Message(
        key=_key(rule.kind, platform_id, of, bad[-1]),
        kind=rule.kind,
        counts=f"{_COUNTS[rule.kind]}{what}: {many}.",
        details=f"{platform_id}: {bad[0].cause}",
        platform_id=platform_id,
        path=f"/crawls/{bad[0].crawl_id}",
    )


def _recovered(
    session: Session, platform_id: str, of: CrawlKind, runs: Sequence[RunSaid]
) -> Iterator[Message]:
    """Tell that a platform reads well again, if it was told that it does not."""
    good = streak(runs, {RunState.OK})
    for kind, states in STATES_OF.items() if good else ():
        bad = streak(runs[len(good) :], states)
        if bad and was_told(session, _key(kind, platform_id, of, bad[-1])):
            yield Message(
                key=f"{AlertKind.RECOVERED}:{platform_id}:{of}:{good[-1].crawl_id}",
                kind=AlertKind.RECOVERED,
                counts="1 platform reads well again.",
                details=f"{platform_id}: {good[0].cause}",
                platform_id=platform_id,
            )


def _of_missed(session: Session, asking: Sequence[AlertRule], clock: Clock) -> Iterator[Message]:
    now = clock.now()
    mine = [one for one in asking if one.kind is AlertKind.MISSED and not is_muted(one, now)]
    lately = select(MissedRun).where(MissedRun.at > now - MISSED_LATELY).order_by(MissedRun.id)
    for row in session.scalars(lately) if mine else ():
        if row.runs < mine[0].after or muted_until(session, row.platform_id, now):
            continue
        runs = "1 run was" if row.runs == 1 else f"{row.runs} runs were"
        yield Message(
            key=f"{AlertKind.MISSED}:{row.id}",
            kind=AlertKind.MISSED,
            counts=f"{runs} missed on 1 platform.",
            details=f"{row.platform_id}: {row.words}",
            platform_id=row.platform_id,
        )


def _of_flags(session: Session, asking: Sequence[AlertRule], clock: Clock) -> Iterator[Message]:
    for rule in asking:
        if rule.kind is not AlertKind.FLAG:
            continue
        if is_muted(rule, clock.now()):
            rule.flags_seen = session.scalar(select(func.max(Flag.id))) or 0
        elif not _spoke_lately(session, rule, clock.now()):
            yield from _of_new_flags(session, rule)


def _spoke_lately(session: Session, rule: AlertRule, now: datetime) -> bool:
    last = session.scalar(
        select(Alert.at)
        .where(Alert.kind == AlertKind.FLAG, Alert.key.startswith(f"flag:{rule.id}:"))
        .order_by(Alert.id.desc())
        .limit(1)
    )
    return last is not None and timedelta(0) <= now - last < FLAGS_EVERY


def _of_new_flags(session: Session, rule: AlertRule) -> Iterator[Message]:
    """Tell of the flags a rule has not looked at yet; each is looked at once."""
    fresh = select(Flag).where(Flag.id > rule.flags_seen).order_by(Flag.id).limit(FLAGS_AT_ONCE)
    flags = list(session.scalars(fresh))
    if not flags:
        return
    rule.flags_seen = flags[-1].id
    wanted = [flag for flag in flags if matches(session, rule, flag)]
    if not wanted:
        return
    number = "1 listing was" if len(wanted) == 1 else f"{len(wanted)} listings were"
    yield Message(
        key=f"flag:{rule.id}:{wanted[-1].id}",
        kind=AlertKind.FLAG,
        counts=f"{number} flagged that you asked to hear of.",
        details=f"{rule.name}: {'; '.join(map(_named, wanted[:MOST_NAMED]))}",
        path=f"/listing/{wanted[0].listing_id}" if len(wanted) == 1 else "/?view=new",
    )


def _named(flag: Flag) -> str:
    listing = flag.listing
    return f"{listing.platform_id} {listing.external_id} {listing.title[:80]}"


def matches(session: Session, rule: AlertRule, flag: Flag) -> bool:
    """Tell whether a flag is one that a rule asks to hear of: everything it names must hold."""
    score = flag.score
    if rule.live_only and score.product != "LIV":
        return False
    if score.offered < rule.least_sure:
        return False
    if not _is_of(rule.taxon, flag):
        return False
    return not rule.seller_again or _seller_is_known(session, flag)


def _is_of(wanted: str, flag: Flag) -> bool:
    """Tell whether a flag is about an animal or something below it; unnamed, of any not common."""
    if not wanted:
        return flag.concern != Concern.COMMON_FARMED
    taxa, named = load_taxa(), flag.score.taxon
    return wanted == flag.group or (named in taxa and wanted in taxa.lineage(named))


def _seller_is_known(session: Session, flag: Flag) -> bool:
    """Tell whether the seller had a flagged listing before this one."""
    seller = flag.listing.seller_id
    if seller is None:
        return False
    before = select(Flag.id).join(Flag.listing).where(Flag.id < flag.id)
    return session.scalar(before.where(Listing.seller_id == seller).limit(1)) is not None
