"""A disk that fills stops crawls at 90 % and lets them go on below 85 %, each told once."""

from data.incidents import Incident, IncidentKind, disk_is_full, incidents_since, note_disk
from data.store import Store


def test_the_disk_stops_crawls_once_and_lets_them_go_on_once(store: Store, clock) -> None:
    full = []
    for percent in (50, 89, 91, 95, 88, 85, 84, 89, 90):
        with store.write() as session:
            full.append(note_disk(session, percent, clock=clock))
            assert disk_is_full(session) is full[-1]
    assert full == [False, False, True, True, True, True, False, False, True]
    with store.read() as session:
        rows: list[Incident] = incidents_since(session, clock.now())
    assert [row.kind for row in rows] == [
        IncidentKind.DISK_FULL,
        IncidentKind.DISK_FREE,
        IncidentKind.DISK_FULL,
    ]
    assert "91 % full" in rows[0].words
    assert "review goes on" in rows[0].words
