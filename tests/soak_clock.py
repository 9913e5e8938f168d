"""The schedule with a wall's clock that can be set: `python -m tests.soak_clock FILE`.

The file holds by how many seconds that clock is wrong. The machine's own clock is never touched.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from faunawatch.cli.base import the_house
from faunawatch.logs import configure
from faunawatch.schedule import run
from faunawatch.supervise import stop_event


def _main(file: Path) -> None:
    def wall() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text() or 0))

    configure()
    with the_house() as house, stop_event() as stop:
        run(house.store, stop, wall)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
