"""What a job does: open the store, call the part, write the records.

Nothing here decides how a job reaches a process (`dispatch`) or when it is due (`schedule`).
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from crawler.options import CrawlOptions, Target, Targets
from data.base import Clock
from data.cohorts import OPEN_TASKS
from data.crawls import Crawl, CrawlKind, Ending, end_crawl
from data.home import Home
from data.jobs import Job, JobKind
from data.listings import Listing, Rechecked, Relisting
from data.outcomes import hear_recheck, hear_relisting
from data.platform import Platform
from data.rechecks import due_for_recheck
from data.requests import prepare_ready
from data.reviews import Decision, ReviewTask
from data.states import Availability, RequestState
from data.takedowns import TakedownRequest
from data.tasks import RELISTED_PRIORITY
from data.watches import watch_of
from faunawatch.evidence import ask_for_pictures, folder_with_room, purge_due, wanted_on
from faunawatch.house import House, platform_of
from faunawatch.limiting import (
    GOES_ON,
    Interrupted,
    end_probe,
    goes_on_at,
    limits_of,
    note_wait,
)
from faunawatch.permission import api_key_of, require_terms_read
from faunawatch.relisting import compare_pictures, look_out
from faunawatch.scoring import score_waiting, term_matcher
from faunawatch.spending import chosen_terms, paying_categories

CONTROLS = 3
FOR_RECHECKS = 0.2
AT_ONCE = 50
STILL_HOLDS = timedelta(days=1)


class NoContact(Exception):
    """Crawling needs a contact e-mail: `faunawatch settings set contact-email you@example.org`."""


def do_job(house: House, job: Job) -> dict[str, Any]:
    """Do what a job row asks for; return what is shown as its result."""
    match job.kind:
        case JobKind.CRAWL:
            return crawl_platform(
                house,
                job.arguments["platform"],
                by=job.asked_by,
                limit=job.arguments.get("limit"),
                probe=bool(job.arguments.get("probe")),
            )
        case JobKind.RECHECK:
            listings = job.arguments.get("listings") or ()
            return recheck_platform(
                house, job.arguments["platform"], by=job.asked_by, listings=listings
            )
        case JobKind.SCORE:
            done = score_waiting(house)
            ask_for_pictures(house, by=job.asked_by)
            return {"scored": done.scored, "queued": done.queued}
        case JobKind.PICTURES:
            return get_pictures(house, job.arguments["platform"], by=job.asked_by)
        case JobKind.EXPORT | JobKind.STAMP | JobKind.PURGE:
            return _keep_evidence(house, job)
        case JobKind.ALERT:
            return _tell(house, job)


def _tell(house: House, job: Job) -> dict[str, Any]:
    from faunawatch.alerts import send_due, try_channels  # noqa: PLC0415  (apprise takes two seconds)

    if "test" in job.arguments:
        return try_channels(house, job.id, job.arguments["test"])
    return send_due(house)


def _keep_evidence(house: House, job: Job) -> dict[str, Any]:
    from faunawatch.cases import export_listing, stamp_waiting  # noqa: PLC0415

    if job.kind is JobKind.EXPORT:
        return asdict(export_listing(house, job.arguments["listing"], by=job.asked_by))
    if job.kind is JobKind.STAMP:
        came, waiting = stamp_waiting(house)
        return {"came": came, "waiting": waiting}
    return asdict(purge_due(house, by=job.asked_by))


def get_pictures(house: House, platform_id: str, *, by: str) -> dict[str, Any]:
    """Get the pictures of a platform's scored listings, as many as its budget allows."""
    from crawler.run import pictures  # noqa: PLC0415

    platform = platform_of(house, platform_id)
    require_terms_read(house, platform)
    options = crawl_options(house, platform, by, CrawlKind.PICTURES)
    _left_open(house, platform_id, CrawlKind.PICTURES)
    wanted = wanted_on(house, platform_id, platform.images)
    if not wanted:
        return {"cause": "there are no pictures to get"}
    ended = pictures(house.store, folder_with_room(house), platform, wanted, options)
    look_out(house)
    compare_pictures(house)
    return _told(house, ended.crawl_id)


def crawl_platform(
    house: House, platform_id: str, *, by: str, limit: int | None = None, probe: bool = False
) -> dict[str, Any]:
    """Crawl one platform, resuming a run that a crash left open.

    A probe is a short run that tries a platform that has rested.
    """
    from crawler.run import crawl  # noqa: PLC0415  (Scrapy costs a quarter second; screens never pay)

    platform = platform_of(house, platform_id)
    options = crawl_options(house, platform, by)
    options = replace(
        options,
        limit=limit,
        resume=_left_open(house, platform_id, CrawlKind.LISTINGS),
        search_terms=chosen_terms(house, platform, options.requests_left),
        categories=paying_categories(house, platform),
        wanted=term_matcher(house),
    )
    require_terms_read(house, platform)
    ended = crawl(house.store, folder_with_room(house), platform, options)
    note_wait(house.store, platform.id, ended.asked_to_wait_s, options.clock)
    if probe:
        end_probe(house.store, platform.id, options.clock)
    with house.store.write() as session:
        hear_back(session, platform.id, clock=options.clock)
    return _told(house, ended.crawl_id)


def hear_back(session: Session, platform_id: str, *, clock: Clock) -> None:
    """Ask for a decision on every listing that came back and that nobody was asked about since.

    It looks at all of them and not at one crawl's, so that a crawl killed before this point is
    made good by the next one.
    """
    asked = exists().where(
        ReviewTask.listing_id == Relisting.new_listing_id,
        or_(
            ReviewTask.created_at >= Relisting.at,
            and_(ReviewTask.priority >= RELISTED_PRIORITY, ReviewTask.state.in_(OPEN_TASKS)),
        ),
    )
    decided = exists().where(
        Decision.listing_id == Relisting.new_listing_id, Decision.at >= Relisting.at
    )
    # What a person confirmed was asked about in the same transaction, where there was need.
    by_itself = Relisting.confirmed_by.is_(None)
    back = select(Relisting.new_listing_id).where(by_itself, ~asked, ~decided)
    query = select(Listing).where(Listing.platform_id == platform_id, Listing.id.in_(back))
    for listing in session.scalars(query).unique().all():
        hear_relisting(session, listing, clock=clock)


def recheck_platform(
    house: House, platform_id: str, *, by: str, listings: Sequence[int] = ()
) -> dict[str, Any]:
    """Look again at the listings that are due, or at the ones named."""
    from crawler.run import recheck  # noqa: PLC0415

    platform = platform_of(house, platform_id)
    options = crawl_options(house, platform, by, CrawlKind.RECHECK)
    require_terms_read(house, platform)
    _left_open(house, platform_id, CrawlKind.RECHECK)
    targets = _targets(house, platform, options.clock.now(), listings)
    if not targets.listings:
        return {"cause": "nothing is due"}

    def heard(session: Session, rechecked: Rechecked) -> None:
        hear_recheck(session, rechecked, clock=options.clock)

    ended = recheck(house.store, folder_with_room(house), platform, targets, options, heard)
    note_wait(house.store, platform.id, ended.asked_to_wait_s, options.clock)
    _prepare(house, platform.id, options.clock)
    return _told(house, ended.crawl_id)


def _prepare(house: House, platform_id: str, clock: Clock) -> None:
    """Let unsent requests follow what was seen, a few at a time so that nobody waits long."""
    with house.store.read() as session:
        unsent = select(TakedownRequest.listing_id).where(
            TakedownRequest.platform_id == platform_id,
            TakedownRequest.state.in_((RequestState.DRAFT, RequestState.READY)),
        )
        listings = list(session.scalars(unsent.order_by(TakedownRequest.id)))
    for start in range(0, len(listings), AT_ONCE):
        with house.store.write() as session:
            some = listings[start : start + AT_ONCE]
            prepare_ready(session, clock=clock, listing_ids=some)


def crawl_options(
    house: House, platform: Platform, by: str, kind: CrawlKind = CrawlKind.LISTINGS
) -> CrawlOptions:
    """Return how a run on a platform behaves: contact, clock and what is left of the budget."""
    home, clock = house.home(), house.store.clock()
    return CrawlOptions(
        contact=contact_of(home),
        asked_by=by,
        requests_left=_requests_left(house, platform.id, kind, clock),
        clock=clock,
        home=home.kind,
        api_key=api_key_of(house, platform),
        limits=limits_of(house.store, house.folder, platform.id, by, clock),
    )


def contact_of(home: Home) -> str:
    """Return the address that platforms may write to; raises `NoContact` without one."""
    if home.contact_email:
        return home.contact_email
    if home.is_demo:
        return "demo@localhost"
    raise NoContact(
        "no contact e-mail is set, so nothing is crawled: "
        "run `faunawatch settings set contact-email you@example.org`"
    )


def _requests_left(house: House, platform_id: str, kind: CrawlKind, clock: Clock) -> int:
    """Return what a run may spend of the platform's budget for this UTC day.

    A fifth is kept from crawls for rechecks: without them no removal would ever be proven.
    """
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    today = select(func.sum(Crawl.requests)).where(
        Crawl.platform_id == platform_id, Crawl.started_at >= midnight
    )
    with house.store.write() as session:
        budget = watch_of(session, platform_id, clock.now()).daily_requests
        spent = session.scalar(today) or 0
        by_crawls = session.scalar(today.where(Crawl.kind == CrawlKind.LISTINGS)) or 0
    if kind is CrawlKind.RECHECK:
        return max(0, budget - spent)
    kept = math.ceil(budget * FOR_RECHECKS)
    return max(0, min(budget - spent, budget - kept - by_crawls))


def _left_open(house: House, platform_id: str, kind: CrawlKind) -> int | None:
    """Return the newest run that a crash or a stop left unfinished, to be resumed.

    Older ones a crash left open are ended as crashed. This job holds the platform's lane, so no
    run of it that is still open can be alive.
    """
    clock = house.store.clock()
    with house.store.write() as session:
        runs = select(Crawl).where(Crawl.platform_id == platform_id, Crawl.kind == kind)
        newest = session.scalar(runs.order_by(Crawl.id.desc()).limit(1))
        resumed = newest if newest is not None and _goes_on(newest, clock.now()) else None
        for crawl in session.scalars(runs.where(Crawl.ended_at.is_(None))):
            if crawl is not resumed:
                end_crawl(crawl, Ending.CRASHED, "", clock.now())
        return resumed.id if resumed is not None else None


def _goes_on(crawl: Crawl, now: datetime) -> bool:
    """Tell whether a run is resumed: cut off, or stopped so lately that its lists still hold."""
    if crawl.kind is not CrawlKind.LISTINGS:
        return False
    stopped = crawl.ending in GOES_ON and now - crawl.started_at < STILL_HOLDS
    return crawl.ended_at is None or stopped


def _targets(house: House, platform: Platform, now: datetime, named: Sequence[int]) -> Targets:
    with house.store.read() as session:
        if named:
            query = select(Listing).where(Listing.id.in_(named), Listing.platform_id == platform.id)
            due = list(session.scalars(query).unique())
        else:
            due = due_for_recheck(session, platform.id, now)
        ids = [listing.id for listing in due]
        return Targets(
            listings=[Target.of(listing) for listing in due],
            controls=[Target.of(listing) for listing in _controls(session, platform.id, ids)],
            absent_from_lists=_absent(session, platform, due),
        )


def _controls(session: Session, platform_id: str, but: Sequence[int]) -> list[Listing]:
    """Return listings seen live most recently: if one still is, the platform answers honestly."""
    query = (
        select(Listing)
        .where(
            Listing.platform_id == platform_id,
            Listing.availability == Availability.LIVE,
            Listing.id.not_in(but),
        )
        .order_by(Listing.last_live_at.desc())
        .limit(CONTROLS)
    )
    return list(session.scalars(query).unique())


def _absent(session: Session, platform: Platform, due: Sequence[Listing]) -> frozenset[int]:
    """Return the listings that the last complete walk of the lists did not meet."""
    if not platform.lists.are_complete:
        return frozenset()
    walk = session.scalar(
        select(Crawl)
        .where(
            Crawl.platform_id == platform.id,
            Crawl.kind == CrawlKind.LISTINGS,
            Crawl.lists_complete,
        )
        .order_by(Crawl.started_at.desc())
        .limit(1)
    )
    if walk is None:
        return frozenset()
    # Met in the lists, not sighted: a page that could not be read is not a listing taken off them.
    return frozenset(
        listing.id
        for listing in due
        if listing.first_seen_at < walk.started_at
        and (listing.last_listed_at is None or listing.last_listed_at < walk.started_at)
    )


def _told(house: House, crawl_id: int) -> dict[str, Any]:
    with house.store.read() as session:
        crawl = session.get_one(Crawl, crawl_id)
        if crawl.ending in GOES_ON:
            at = goes_on_at(house.store, crawl.platform_id, house.store.clock())
            raise Interrupted(crawl.cause, at)
        return {
            "crawl": crawl.id,
            "ending": crawl.ending.value if crawl.ending else "",
            "state": crawl.state.value if crawl.state else "",
            "cause": crawl.cause,
            "seen": crawl.listings_seen,
            "new": crawl.listings_new,
        }
