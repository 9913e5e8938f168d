"""The faults of the soak, one after another: how each is injected, and how it is put right."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from data.alerts import Alert, AlertKind
from data.home import the_home
from data.jobs import Job, JobState
from tests.soak_rig import HOUR, PATIENCE_S, SCHEDULE, SCREENS, WORKER, Mark, NotInTime, Rig
from tests.soak_site import PLATFORM, SiteFault

SLOW_S = 0.25
TOLD_S = 75.0
DEAD_S = 330.0
LOOKS = 5
DISK_MB = 96
Play = Callable[[Rig, Mark], None]


@dataclass(frozen=True)
class Fault:
    """One fault: what it is, how it is injected, what must tell of it, how it is put right."""

    what: str
    play: Play
    tells: tuple[AlertKind, ...] = ()
    heal: Callable[[Rig], None] = lambda rig: rig.market.breaks(SiteFault.NONE)
    needs_mount: bool = False


def _told(rig: Rig, mark: Mark, *kinds: AlertKind, seconds: float = TOLD_S) -> Alert | None:
    """Wait until somebody was told, but not for ever: that nobody is told is a result too."""
    try:
        rig.until(lambda: rig.told(mark, *kinds), seconds)
    except NotInTime:
        return None
    return rig.told(mark, *kinds)


def _site(fault: SiteFault, kind: AlertKind, runs: int, looks: int, rig: Rig, mark: Mark) -> None:
    """Break the site until the rule of this kind has waited long enough, then look again."""
    rig.market.breaks(fault)
    while len(rig.bad_runs(mark)) < runs:
        rig.step()
    if looks:
        rig.ask_recheck(looks)
    _told(rig, mark, kind)


def _of_site(what: str, fault: SiteFault, kind: AlertKind, runs: int, looks: int = LOOKS) -> Fault:
    return Fault(what, partial(_site, fault, kind, runs, looks), (kind,))


def _late_loris(rig: Rig, mark: Mark) -> None:
    rig.run("platform", "limits", PLATFORM, "--longest", "1m")
    _site(SiteFault.LATE_LORIS, AlertKind.DROP, 2, 0, rig, mark)


def _heal_late_loris(rig: Rig) -> None:
    rig.market.breaks(SiteFault.NONE)
    rig.run("platform", "limits", PLATFORM, "--longest", "6h")


def _clock(seconds: int, rig: Rig, mark: Mark) -> None:
    """Set the clock that schedule and home go by; leases of other parts show the true time."""
    file = rig.logs / "clock"
    file.write_text("0")
    rig.stop(SCHEDULE)
    rig.start(SCHEDULE, "-m", "tests.soak_clock", str(file))
    rig.step()
    file.write_text(str(seconds))
    with rig.store.write() as session:
        the_home(session).clock_shift_s += seconds
    _told(rig, mark, AlertKind.MISSED, seconds=45.0)
    rig.until(rig.is_calm)


def _heal_clock(rig: Rig) -> None:
    rig.stop(SCHEDULE)
    rig.start(SCHEDULE)


def _evidence_full(rig: Rig, mark: Mark) -> None:
    with rig.store.write() as session:
        the_home(session).evidence_budget_mb = 0
    for _ in range(3):
        rig.step()
        if _told(rig, mark, AlertKind.FAILED, AlertKind.DISK, seconds=30.0):
            return


def _heal_evidence(rig: Rig) -> None:
    rig.run("settings", "set", "evidence-budget-mb", "20000")


def _fill(rig: Rig, percent: float) -> None:
    """Write a file that fills the small disk of the home."""
    disk = os.statvfs(rig.home)
    size = int(disk.f_blocks * disk.f_frsize * percent / 100)
    size -= (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    with (rig.home / "filler").open("wb") as file:
        try:
            file.write(b"\0" * size)
        except OSError:
            return  # full to the last byte


def _disk_nearly_full(rig: Rig, mark: Mark) -> None:
    _fill(rig, 93)
    rig.market.post(rig.now())
    rig.advance(HOUR)
    _told(rig, mark, AlertKind.DISK)


def _disk_full(rig: Rig, mark: Mark) -> None:
    """Fill the disk to the last byte while a crawl writes."""
    _crawl_half_way(rig, mark)
    _fill(rig, 101)
    _told(rig, mark, AlertKind.DISK, seconds=40.0)


def _heal_disk(rig: Rig) -> None:
    (rig.home / "filler").unlink()
    rig.market.pause_s = 0.0
    rig.until(rig.is_calm)


def _crawl_half_way(rig: Rig, mark: Mark) -> None:
    """Let an hour pass on a slow site, until its crawl has committed a part."""
    rig.market.pause_s = SLOW_S
    rig.market.post(rig.now())
    rig.advance(HOUR)
    rig.until(lambda: rig.sighted(mark) >= LOOKS)


def _kill_crawl(rig: Rig, mark: Mark) -> None:
    _crawl_half_way(rig, mark)
    os.kill(rig.crawl_process(), signal.SIGKILL)
    rig.until(lambda: any(one.error for one in rig.since(mark, Job)))
    rig.market.pause_s = 0.0
    rig.until(lambda: all(one.state is JobState.DONE for one in rig.since(mark, Job)))


def _kill_worker(rig: Rig, mark: Mark) -> None:
    """Kill the worker and start none: its jobs wait, and the screens must tell of it."""
    _crawl_half_way(rig, mark)
    rig.kill(WORKER)
    rig.market.pause_s = 0.0
    for _ in range(2):
        _told(rig, mark, AlertKind.DEAD_MAN, seconds=25.0)
        rig.advance(timedelta(minutes=20))
    _told(rig, mark, AlertKind.DEAD_MAN)


def _kill_schedule(rig: Rig, mark: Mark) -> None:
    """Kill the schedule and start none, for hours."""
    rig.kill(SCHEDULE)
    rig.market.post(rig.now())
    rig.advance(3 * HOUR)
    _told(rig, mark, AlertKind.DEAD_MAN, seconds=DEAD_S)


def _again(part: str, rig: Rig) -> None:
    rig.start(part)
    rig.until(rig.is_calm)


def _locked(rig: Rig, mark: Mark) -> None:
    """Hold the database for longer than anybody waits for it, while a crawl writes."""
    _crawl_half_way(rig, mark)
    rig.lock(20.0)
    rig.until(rig.is_calm)
    rig.market.pause_s = 0.0


def no_heal(rig: Rig) -> None:
    """Put nothing right: the house did so itself."""
    rig.market.pause_s = 0.0


FAILED, BLOCKED, DROP = AlertKind.FAILED, AlertKind.BLOCKED, AlertKind.DROP
FAULTS = {
    "errors": _of_site("server errors (500) on every page", SiteFault.ERRORS, FAILED, 3),
    "resets": _of_site("connections reset", SiteFault.RESETS, FAILED, 3),
    "captcha": _of_site("captcha pages from page 3 on", SiteFault.CAPTCHA, BLOCKED, 1),
    "layout": _of_site("layout changed", SiteFault.LAYOUT, DROP, 2),
    "login": _of_site("listings redirect to a sign-in", SiteFault.LOGIN, BLOCKED, 1),
    "robots": _of_site("robots.txt forbids everything", SiteFault.ROBOTS, BLOCKED, 1),
    "clock-forward": Fault(
        "clock jumps 3 h ahead", partial(_clock, 3 * 3600), (AlertKind.MISSED,), _heal_clock
    ),
    "clock-back": Fault(
        "clock is set back 3 h", partial(_clock, -3 * 3600), (AlertKind.MISSED,), _heal_clock
    ),
    "evidence-full": Fault(
        "evidence budget spent", _evidence_full, (FAILED, AlertKind.DISK), _heal_evidence
    ),
    "disk-93": Fault(
        "disk 93 % full", _disk_nearly_full, (AlertKind.DISK,), _heal_disk, needs_mount=True
    ),
    "disk-full": Fault(
        "disk full to the last byte in a crawl",
        _disk_full,
        (AlertKind.DISK,),
        _heal_disk,
        needs_mount=True,
    ),
    "kill-crawl": Fault("kill -9 of the crawl's process", _kill_crawl, (), no_heal),
    "locked": Fault("database locked for 20 s in a crawl", _locked, (), no_heal),
    "kill-worker": Fault(
        "kill -9 of the worker, none started again",
        _kill_worker,
        (AlertKind.DEAD_MAN,),
        partial(_again, WORKER),
    ),
    "kill-schedule": Fault(
        "kill -9 of the schedule, none started again",
        _kill_schedule,
        (AlertKind.DEAD_MAN,),
        partial(_again, SCHEDULE),
    ),
    "loris": _of_site("slow loris on every page", SiteFault.LORIS, FAILED, 3, 0),
    "late-loris": Fault(
        "slow loris from page 3 on, run cut at its 1 min",
        _late_loris,
        (DROP, FAILED, BLOCKED),
        _heal_late_loris,
    ),
}


def mounted(folder: Path) -> bool:
    """Put a small disk of its own at a folder; only root can."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    return (
        subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE_S).returncode
        == 0
    )


def unmount(folder: Path) -> None:
    """Take the small disk away."""
    subprocess.run(["umount", str(folder)], check=False, timeout=PATIENCE_S)  # noqa: S607


__all__ = ["FAULTS", "SCREENS", "Fault", "mounted", "unmount"]
