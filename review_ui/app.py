"""The review screens as one application; every screen is a router in the list below."""

from collections.abc import Mapping
from functools import lru_cache

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

from data.base import Clock, SystemClock
from data.evidence import EvidenceFolder
from data.platform import Platform
from data.store import Store
from data.taxa import Taxa
from review_ui import (
    alerts,
    batches,
    cases,
    crawls,
    deciding,
    demo,
    errors,
    figures,
    leave,
    listing,
    outcomes,
    pictures,
    queue,
    relistings,
    signin,
)
from review_ui.pages import FOLDER, NAV, environment
from review_ui.security import Gate
from review_ui.settings import House, UiSettings

ROUTERS: tuple[APIRouter, ...] = (
    signin.router,
    queue.router,
    listing.router,
    deciding.router,
    relistings.router,
    pictures.router,
    cases.router,
    leave.router,
    batches.router,
    outcomes.router,
    figures.router,
    crawls.router,
    alerts.router,
    demo.router,
)
KEPT_PICTURES = 512


def create_app(
    store: Store,
    evidence: EvidenceFolder,
    platforms: Mapping[str, Platform],
    taxa: Taxa,
    settings: UiSettings,
    *,
    wall: Clock | None = None,
) -> FastAPI:
    """Make the application; `wall` is real time and is given only by tests."""
    house = House(store, evidence, platforms, taxa, settings, wall or SystemClock())
    app = FastAPI(title="faunawatch", docs_url=None, redoc_url=None, openapi_url=None)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    app.state.house = house
    app.state.templates = environment(house)
    app.state.small_picture = lru_cache(KEPT_PICTURES)(
        lambda sha256: pictures.small_jpeg(evidence.get(sha256))
    )
    app.state.nav = _reachable()
    app.state.is_demo = store.home().is_demo
    errors.install(app)
    app.add_middleware(Gate, hosts=settings.hosts, https=settings.https)
    return app


def _reachable() -> list[tuple[str, str]]:
    """Return the navigation without screens that this application lacks."""
    paths = {getattr(route, "path", "") for router in ROUTERS for route in router.routes}
    return [(path, label) for path, label in NAV if path in paths]
