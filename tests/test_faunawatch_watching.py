"""What the team does with platforms: a slip of the pen changes nothing and says so."""

from pathlib import Path

import pytest

from data.store import Store
from data.watches import Watch, watch_of
from faunawatch.house import House, UnknownPlatform
from faunawatch.watching import disable_platform, pause_platform


def test_a_mistyped_platform_is_refused(store: Store, tmp_path: Path) -> None:
    house = House(tmp_path, "", store)
    with pytest.raises(UnknownPlatform):
        disable_platform(house, "no-such-place")
    with pytest.raises(UnknownPlatform):
        pause_platform(house, "no-such-place", "7d")
    with store.read() as session:
        assert session.get(Watch, "no-such-place") is None


def test_a_watched_platform_without_a_file_can_be_switched_off(
    store: Store, tmp_path: Path
) -> None:
    with store.write() as session:
        watch_of(session, "file-was-removed", store.clock().now()).enabled = True
    disable_platform(House(tmp_path, "", store), "file-was-removed")
    with store.read() as session:
        assert not session.get_one(Watch, "file-was-removed").enabled
