"""The review screens as a process."""

import logging
import threading

import uvicorn

from data.taxa import load_taxa
from faunawatch.guarding import Guard, send_where_no_worker_does
from faunawatch.house import House
from review_ui.app import create_app
from review_ui.settings import UiSettings

log = logging.getLogger(__name__)


def serve(house: House, host: str, port: int, settings: UiSettings, stop: threading.Event) -> None:
    """Serve the screens until `stop` is set."""
    platforms, errors = house.platforms()
    for error in errors:
        log.error("platform file left out: %s", error)
    app = create_app(house.store, house.evidence, platforms, load_taxa(), settings)
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="screens", daemon=True)
    thread.start()
    guard = Guard(house.store, house.folder)
    while not stop.wait(0.2) and thread.is_alive():
        if guard.look():
            send_where_no_worker_does(house.store)
    server.should_exit = True
    thread.join(10)
