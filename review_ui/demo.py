"""The demo's own button: a day passes, and what was asked to be removed is looked at again."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from starlette.responses import RedirectResponse

from data.audit import note
from data.home import clock_of, one_day_later, the_home
from data.queries.crawls import to_recheck
from data.rechecks import ask_recheck
from review_ui.auth import Posts
from review_ui.pages import own_path, see_other

router = APIRouter()


@router.post("/demo/one-day-later")
def let_a_day_pass(visit: Posts, back: Annotated[str, Form()] = "/") -> RedirectResponse:
    """Move the demo's clock by 25 hours and ask for the rechecks that are due then."""
    if not visit.home.is_demo:
        raise HTTPException(404)
    with visit.write() as session:
        home = the_home(session)
        one_day_later(home)
        clock = clock_of(home, visit.house.store.extra_shift)
        ask_recheck(session, to_recheck(session), by=visit.actor, clock=clock)
        note(session, actor=visit.actor, verb="one_day_later", subject="home:1", clock=clock)
    return see_other(own_path(back))
