"""Make the site's folder, or serve it: `python -m tests.classified.serve make|run FOLDER`."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.classified.project import set_up

WsgiApp = Callable[[Any, Any], Any]


def make(folder: Path, most: int) -> None:
    """Migrate a new database and fill it with at most so many listings."""
    from django.core.management import call_command

    folder.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0)
    from tests.classified.fill import fill

    sys.stdout.write(f"{fill(most)} listings\n")


def run(port: int, delay: float) -> None:
    """Serve until killed; the first line on stdout is the address."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    server = ThreadedWSGIServer(("127.0.0.1", port), WSGIRequestHandler)
    server.set_app(slowed(StaticFilesHandler(get_wsgi_application()), delay))
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


def slowed(app: WsgiApp, delay: float) -> WsgiApp:
    """Answer only after `delay` seconds, so that a test can interrupt a crawl half-way."""

    def answer(environ: Any, start_response: Any) -> Any:
        time.sleep(delay)
        return app(environ, start_response)

    return answer


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["make", "run"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=1000)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.0)
    chosen = parser.parse_args()
    set_up(chosen.folder)
    if chosen.what == "make":
        make(chosen.folder, chosen.most)
    else:
        run(chosen.port, chosen.delay)


if __name__ == "__main__":
    main()
