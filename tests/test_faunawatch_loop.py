"""The whole loop on a marketplace written by others, through commands, processes and a browser."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from data.availability import Outcome
from data.home import the_home
from data.listings import Listing, Recheck, Relisting, Sighting
from data.reviews import ReviewTask
from data.states import Availability, RequestState, TaskState
from data.store import Store
from data.takedowns import OutcomeCause, OutcomeEvent, OutcomeSource, TakedownRequest
from data.tasks import RELISTED_PRIORITY
from tests.browser import new_page
from tests.classified.moderator import Moderator
from tests.classified.screens import Person
from tests.classified.site import PLATFORM, Site, copy_site, make_site, served
from tests.classified.team import Team, free_port, is_served, until

pytestmark = [pytest.mark.slow, pytest.mark.browser]
NAME = "Mai"
LANGUAGES = ("zh-Hans", "zh-Hant", "vi", "th", "km", "lo", "my", "ms", "en")
A_DAY, TWO_DAYS, LATER = "+25h", "+50h", "+51h"


@pytest.fixture(scope="module")
def made_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with everything on it, made once."""
    return make_site(tmp_path_factory.mktemp("classified") / "made")


@dataclass
class World:
    """A marketplace, and the team that watches it."""

    site: Site
    team: Team
    store: Store
    number: str = ""
    deleted: str = ""
    deactivated: str = ""


@pytest.fixture
def world(made_site: Path, store_url: str, store: Store, tmp_path: Path) -> Iterator[World]:
    """A site on loopback and a team that may crawl it."""
    with served(copy_site(made_site, tmp_path / "site")) as site:
        team = Team(tmp_path / "home", store_url)
        site.write_platform(team.home)
        team.run("settings", "set", "contact-email", "watch@example.org")
        with store.write() as session:
            home = the_home(session)
            home.organisation, home.signatory = "Test team", "Test signatory"
        yield World(site, team, store)


@contextmanager
def screens(team: Team, clock: str = "") -> Iterator[Person]:
    """Serve the screens and put someone in front of them."""
    port = free_port()
    with (
        team.started("serve", "--port", str(port), clock=clock) as serving,
        new_page(f"http://127.0.0.1:{port}") as page,
    ):
        until(lambda: is_served(port), serving)
        yield Person(page)


def test_from_crawl_to_relisting(world: World) -> None:
    with new_page("about:blank"):
        """Say at once, and not after a minute, that there is no browser."""
    crawl_everything(world)
    review_and_send(world)
    export_twice(world)
    remove_both(world)
    recheck_until_proven(world)
    count(world)
    put_one_back(world)


def crawl_everything(world: World) -> None:
    world.team.run("crawl", PLATFORM)
    (crawl,) = world.team.rows("crawls", "--json")
    assert (crawl["ending"], crawl["lists_complete"]) == ("finished", True)
    shown = world.site.shown()
    assert len(shown) >= 200
    found = world.team.rows("listings", "--json")
    assert len(found) == len(shown), "listings were left out or stored twice"
    assert {one["external_id"]: one["title"].split() for one in found} == {
        number: title.split() for number, title in shown.items()
    }
    check_fields(world)
    world.team.run("score")
    assert len(world.team.rows("flags", "--json")) > 10


def check_fields(world: World) -> None:
    """Compare what was read from the pages with what the site's database holds."""
    with world.store.read() as session:
        for sighting in session.scalars(select(Sighting)):
            fact = world.site.facts[sighting.listing.external_id]
            read = (sighting.place, sighting.price, sighting.currency, sighting.seller_name)
            assert read == (fact.place, fact.price, "USD", fact.phone)
            # Pages say no more than "1 month, 2 weeks ago".
            assert sighting.posted_at is not None
            assert abs(sighting.posted_at - fact.posted) < timedelta(days=12)


def review_and_send(world: World) -> None:
    roles = ("--role", "reviewer", "--role", "liaison")
    reads = [part for language in LANGUAGES for part in ("--reads", language)]
    link = world.team.run("users", "add", NAME, *roles, *reads).strip()
    with screens(world.team) as person:
        person.enter(link)
        confirmed = person.confirm_next(2)
        world.number = person.send_batch()
    with world.store.read() as session:
        rows = session.scalars(select(Listing).where(Listing.id.in_(confirmed)))
        world.deleted, world.deactivated = [listing.external_id for listing in rows.unique()]
    requests = world.team.rows("requests", "--json")
    assert sorted(one["listing_id"] for one in requests) == sorted(confirmed)
    assert {one["state"] for one in requests} == {RequestState.SENT}


def export_twice(world: World) -> None:
    folders = [world.team.home / "exports" / name for name in ("one", "two")]
    for folder in folders:
        world.team.run("batch", "export", world.number, "--dir", str(folder))
    first, second = ({file.name: file.read_bytes() for file in one.iterdir()} for one in folders)
    assert len(first) >= 3
    assert first == second
    assert any(world.number in name for name in first)


def remove_both(world: World) -> None:
    with Moderator(world.site.address) as moderator:
        moderator.delete(world.deleted)
        moderator.deactivate(world.deactivated)
    assert not {world.deleted, world.deactivated} & set(world.site.shown())


def recheck_until_proven(world: World) -> None:
    assert "nothing is due" in world.team.run("recheck", PLATFORM)
    world.team.run("recheck", clock=A_DAY)
    one_miss = {(Availability.SUSPECT_GONE, RequestState.SENT)}
    assert standing(world) == one_miss, "one miss proves nothing"

    world.team.run("recheck", clock=TWO_DAYS)
    assert standing(world) == {(Availability.GONE, RequestState.REMOVED)}
    with world.store.read() as session:
        outcomes = list(session.scalars(select(OutcomeEvent)))
        assert len(outcomes) == 2
        for outcome in outcomes:
            assert outcome.source is OutcomeSource.RECHECK
            assert outcome.cause is OutcomeCause.GONE_UNATTRIBUTED
            proof = session.get_one(Recheck, outcome.recheck_id)
            assert (proof.outcome, proof.http_status) == (Outcome.REMOVED, 404)
            assert proof.control_live
            assert proof.evidence


def standing(world: World) -> set[tuple[Availability, RequestState]]:
    """Return what is true of the two listings that were asked for."""
    with world.store.read() as session:
        requests = list(session.scalars(select(TakedownRequest)).unique())
        assert len(requests) == 2
        return {(request.listing.availability, request.state) for request in requests}


def count(world: World) -> None:
    figures = json.loads(world.team.run("figures", "--json", clock=TWO_DAYS))
    numbers = {name: number["value"] for name, number in figures["numbers"].items()}
    assert (numbers["reported"], numbers["removed"]) == (2, 2)
    assert (numbers["removed_unattributed"], numbers["removed_confirmed"]) == (2, 0)
    assert figures["rates"]["takedown_rate"]["value"] == 1


def put_one_back(world: World) -> None:
    with Moderator(world.site.address) as moderator:
        moderator.activate(world.deactivated)
    # The site puts what was saved last on its first page.
    world.team.run("crawl", PLATFORM, "--limit", "30", clock=LATER)
    with world.store.read() as session:
        relisting = session.scalars(select(Relisting)).one()
        listing = session.get_one(Listing, relisting.new_listing_id)
        assert (listing.external_id, relisting.kind) == (world.deactivated, "same_id")
        assert listing.availability is Availability.LIVE_AGAIN
        task = session.scalars(select(ReviewTask).where(ReviewTask.why == "relisted")).one()
        assert (task.listing_id, task.state) == (listing.id, TaskState.QUEUED)
        assert task.priority >= RELISTED_PRIORITY
        title = listing.title
    with screens(world.team, LATER) as person:
        person.sign_in(NAME)
        first = person.first_in_queue()
    assert title in first
    assert "Back again" in first
    numbers = json.loads(world.team.run("figures", "--json", clock=LATER))["numbers"]
    assert numbers["removed"]["value"] == 2, "a relisting never changes the old request"
