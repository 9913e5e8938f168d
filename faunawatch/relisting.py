"""Looking for relistings: what is looked out for is kept up to date, new pictures are compared.

Texts are compared where they are scored, in one transaction with the score.
"""

from data.parts import Evidence
from data.pictures import Picture
from data.relistings import alike_pictures, compare_picture
from data.wanted import (
    ComparedPicture,
    gallery_of,
    keep_views,
    keep_wanted,
    uncompared,
    unseen_pictures,
    views_in,
)
from faunawatch.house import House

AT_ONCE = 50


def look_out(house: House) -> None:
    """Bring the wanted listings, and the views of their pictures, up to date."""
    with house.store.write() as session:
        keep_wanted(session, clock=house.store.clock())
    with house.store.read() as session:
        waiting = unseen_pictures(session)
    for start in range(0, len(waiting), AT_ONCE):
        some = waiting[start : start + AT_ONCE]
        # A tenth of a second each: nobody waits for the database meanwhile.
        views = [(sha256, views_in(house.evidence, sha256)) for sha256 in some]
        with house.store.write() as session:
            keep_views(session, views)


def compare_pictures(house: House) -> int:
    """Compare every stored picture once with those of wanted listings; return how many."""
    with house.store.read() as session:
        gallery = gallery_of(session)
    compared = 0
    while waiting := _waiting(house):
        shares = [alike_pictures(*one, gallery, house.evidence) for one in waiting]
        clock = house.store.clock()
        with house.store.write() as session:
            for (evidence, _), found in zip(waiting, shares, strict=True):
                if session.get(ComparedPicture, evidence.id) is None:
                    compare_picture(session, evidence, found, clock=clock)
                    session.add(ComparedPicture(evidence_id=evidence.id))
        compared += len(waiting)
    return compared


def _waiting(house: House) -> list[tuple[Evidence, Picture]]:
    with house.store.read() as session:
        found = uncompared(session, AT_ONCE)
        session.expunge_all()
    return found
