"""What the screens are told when they are made: hosts, time zone, transport."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from data.base import Clock, SystemClock
from data.evidence import EvidenceFolder
from data.platform import Platform
from data.store import Store
from data.taxa import Taxa


@dataclass(frozen=True)
class UiSettings:
    """How the screens are served."""

    hosts: tuple[str, ...] = ()
    timezone: str = "UTC"
    https: bool = False
    sample_url: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The zone that times are shown in."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True)
class House:
    """Everything a screen may use; `wall` is real time, which sign-ins and pages are measured by.

    What happens to listings is measured by `store.clock()`, which a demo moves by days.
    """

    store: Store
    evidence: EvidenceFolder
    platforms: Mapping[str, Platform]
    taxa: Taxa
    settings: UiSettings = field(default_factory=UiSettings)
    wall: Clock = field(default_factory=SystemClock)

    def platform_name(self, platform_id: str) -> str:
        """Return a platform's name, or its id when its file is gone."""
        platform = self.platforms.get(platform_id)
        return platform.name if platform is not None else platform_id
