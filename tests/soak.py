"""A day of a team's home with faults injected: `python -m tests.soak [--fault NAME]`.

Real processes (schedule, worker, screens, a process for each job) on a home marked test, a small
marketplace on loopback, and a channel that alerts arrive at. The home's clock is moved by hours, so
that a day passes in some minutes; the machine's clock is left alone. For each fault it prints what
was recorded, who was told what, what was lost by comparison with what the site holds, and how long
it took until somebody was told, by the home's clock and really.
"""

import argparse
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from data.alerts import Alert
from data.crawls import Crawl
from data.incidents import Incident
from data.jobs import Job
from data.listings import Recheck
from data.watches import MissedRun
from tests.soak_faults import FAULTS, Fault, mounted, unmount
from tests.soak_rig import Mark, NotInTime, Rig, rigged
from tests.soak_site import served

LISTINGS = 24
GOOD_RUNS = 2
_ADDRESS = re.compile(r"(http://)?127\.0\.0\.1:\d+")


@dataclass(frozen=True)
class Row:
    """What came of one fault."""

    fault: str
    recorded: str
    alerts: str
    lost: str
    told: str

    def __str__(self) -> str:
        cells = (self.fault, self.recorded, self.alerts, self.lost, self.told)
        return f"| {' | '.join(_ADDRESS.sub('', cell).replace('|', '/') for cell in cells)} |"


def play(rig: Rig, fault: Fault) -> Row:
    """Inject a fault, see what comes of it, put it right and see that nothing is lost."""
    mark = rig.mark()
    fault.play(rig, mark)
    recorded, alerts = list(_recorded(rig, mark)), rig.since(mark, Alert)
    told = _told_words(rig, mark, fault)
    fault.heal(rig)
    hours = rig.recover()
    late = rig.latest(mark) / timedelta(hours=1)
    lost = f"{rig.lost(mark)}; good again after {hours} h, a listing seen {late:.0f} h late at most"
    said = [f"{alert.kind}: {alert.counts}" for alert in alerts if alert.kind in fault.tells]
    more = Counter(str(alert.kind) for alert in alerts if alert.kind not in fault.tells)
    said += [f"(also {kind} × {number})" for kind, number in more.items()]
    return Row(fault.what, "<br>".join(recorded), "<br>".join(said) or "none", lost, told)


def _played(rig: Rig, fault: Fault) -> Row:
    try:
        return play(rig, fault)
    except NotInTime as error:
        fault.heal(rig)
        return Row(fault.what, f"STUCK: {error}", "", "", "")


def _recorded(rig: Rig, mark: Mark) -> Iterator[str]:
    runs = Counter((run.kind, run.state or "open", run.cause) for run in rig.since(mark, Crawl))
    for (kind, state, cause), number in runs.items():
        yield f"{number} × {kind} **{state}**: {cause}"
    looks = Counter(str(look.outcome) for look in rig.since(mark, Recheck))
    yield from (f"{number} looks: {outcome}" for outcome, number in looks.items())
    yield from (f"incident: {one.words}" for one in rig.since(mark, Incident))
    yield from (f"missed ({one.cause}): {one.words}" for one in rig.since(mark, MissedRun))
    errors = Counter(f"{job.kind} job: {job.error}" for job in rig.since(mark, Job) if job.error)
    yield from (f"{number} × {words}" for words, number in errors.items())


def _told_words(rig: Rig, mark: Mark, fault: Fault) -> str:
    alert = rig.told(mark, *fault.tells)
    if alert is None:
        return "nobody" if fault.tells else "nobody needs to"
    sent = min(one.ended_at for one in alert.deliveries if one.ended_at is not None)
    real = (sent - mark.real_at).total_seconds()
    return f"{_span(alert.at - mark.at)} by the home's clock, {real:.0f} s really"


def _span(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):.1f} h"


def soak(names: Sequence[str], folder: Path) -> Iterator[Row]:
    """Play faults one after another on one home; yield a row for each."""
    home, logs = folder / "home", folder / "logs"
    logs.mkdir()
    has_disk = mounted(home)
    try:
        with served(LISTINGS) as market, rigged(home, market, logs, good_runs=GOOD_RUNS) as rig:
            for name in names:
                fault = FAULTS[name]
                if fault.needs_mount and not has_disk:
                    yield Row(
                        fault.what, "not played: only root can mount a small disk", "", "", ""
                    )
                    continue
                yield _played(rig, fault)
    finally:
        if has_disk:
            unmount(home)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fault", action="append", choices=FAULTS, help="only this; repeatable")
    names = parser.parse_args().fault or list(FAULTS)
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    say("| fault | recorded | alerts | lost | told after |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        for row in soak(names, Path(folder)):
            say(str(row))
    say(f"\n{len(names)} faults in {(time.monotonic() - begun) / 60:.1f} min")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
