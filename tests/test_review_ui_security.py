"""The gate: strict headers, known hosts, own forms, small bodies; roles on every route."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Route

from data.home import HomeKind
from data.people import Role
from review_ui.app import ROUTERS
from review_ui.security import CSP, LARGE_BODY, SMALL_BODY
from tests.rooms import BASE, Rooms, rooms_in

PUBLIC = {"/signin", "/enter/{token}"}
OPEN_TO_ALL_POSTS = {
    "/signout",
    "/you/password",
    "/you/languages",
    "/you/others",
    "/demo/one-day-later",
}


@pytest.fixture
def rooms(tmp_path: Path, sqlite_template: Path) -> Iterator[Rooms]:
    with rooms_in(tmp_path, sqlite_template) as made:
        yield made


def _routes() -> list[tuple[str, str]]:
    return [
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, Route)
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


def _forms() -> list[str]:
    """The paths that change something for someone signed in."""
    return [path for method, path in _routes() if method != "GET" and path not in PUBLIC]


def _address(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "1", path) + ("?listing=1" if path == "/leave" else "")


def test_there_are_routes_to_walk() -> None:
    assert len(_routes()) > 20


@pytest.mark.parametrize(("method", "path"), _routes())
def test_nobody_gets_in_without_signing_in(rooms: Rooms, method: str, path: str) -> None:
    answer = rooms.browser().request(method, _address(path))
    if path in PUBLIC:
        assert answer.status_code in {200, 401, 410}
    elif method == "GET":
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/signin?next=%2F")
    else:
        assert answer.status_code == 401


@pytest.mark.parametrize("path", _forms())
def test_a_viewer_changes_nothing_but_their_own_account(rooms: Rooms, path: str) -> None:
    viewer = rooms.guest("Vera", Role.VIEWER)
    answer = viewer.post(_address(path), {"password": "x"})
    if path in OPEN_TO_ALL_POSTS:
        assert answer.status_code in {303, 404, 422}
    else:
        assert answer.status_code == 403
        assert "needs the role" in answer.text


@pytest.mark.parametrize("path", _forms())
def test_every_form_needs_its_token(rooms: Rooms, path: str) -> None:
    admin = rooms.guest("Ada", Role.ADMIN)
    for token in ("", "wrong"):
        answer = admin.browser.post(_address(path), data={"csrf": token})
        assert answer.status_code == 403
        assert "too old" in answer.text


def test_another_persons_token_does_not_fit(rooms: Rooms) -> None:
    mai, linh = rooms.guest("Mai", Role.REVIEWER), rooms.guest("Linh", Role.REVIEWER)
    answer = mai.browser.post("/you/languages", data={"csrf": linh.csrf})
    assert answer.status_code == 403


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in CSP
    assert "http" not in CSP
    assert "*" not in CSP
    assert CSP.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in CSP


@pytest.mark.parametrize("path", ["/", "/signin", "/you", "/crawls", "/listing/404", "/nowhere"])
def test_every_page_carries_the_headers(rooms: Rooms, path: str) -> None:
    answer = rooms.guest("Mai", Role.REVIEWER).get(path)
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "strict-transport-security" not in answer.headers


def test_a_broken_page_keeps_the_headers_and_tells_no_secrets(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    mai = rooms.guest("Mai", Role.REVIEWER)
    mai.browser._transport.raise_server_exceptions = False

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("review_ui.queue.page_of", fail)
    answer = mai.get("/")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == CSP
    assert "secret detail" not in answer.text
    assert "Nothing was half saved" in answer.text


def test_https_marks_cookie_and_transport(tmp_path: Path, sqlite_template: Path) -> None:
    with rooms_in(tmp_path, sqlite_template, https=True) as rooms:
        answer = rooms.browser().get("/signin")
        assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@x"])
def test_unknown_hosts_are_refused(rooms: Rooms, host: str) -> None:
    assert rooms.browser().get("/signin", headers={"host": host}).status_code == 421


def test_configured_hosts_and_loopback_are_known(tmp_path: Path, sqlite_template: Path) -> None:
    with rooms_in(tmp_path, sqlite_template, hosts=("Watch.example",)) as rooms:
        for host in ("watch.example", "watch.example:8800", "localhost:1", "[::1]:8800"):
            assert rooms.browser().get("/signin", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(rooms: Rooms, headers: dict[str, str]) -> None:
    mai = rooms.guest("Mai", Role.REVIEWER)
    assert mai.post("/you/languages", headers=headers).status_code == 403
    assert rooms.browser().post("/signin", headers=headers).status_code == 403


def test_own_forms_pass(rooms: Rooms) -> None:
    mai = rooms.guest("Mai", Role.REVIEWER)
    headers = {"origin": BASE, "sec-fetch-site": "same-origin"}
    assert mai.post("/you/languages", {"language": "vi"}, headers=headers).status_code == 303


def test_large_bodies_are_refused_by_length_and_by_count(rooms: Rooms) -> None:
    mai = rooms.guest("Mai", Role.REVIEWER)
    large = {"note": "x" * SMALL_BODY}
    assert mai.post("/you/languages", large).status_code == 413

    def endless() -> Iterator[bytes]:
        yield f"csrf={mai.csrf}&note=".encode()
        for _ in range(SMALL_BODY // 1000 + 2):
            yield b"x" * 1000

    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = mai.browser.post("/you/languages", content=endless(), headers=kind)
    assert answer.status_code == 413
    assert SMALL_BODY < LARGE_BODY


def test_a_page_too_old_for_its_session_says_what_to_do(rooms: Rooms) -> None:
    mai = rooms.guest("Mai", Role.REVIEWER)
    mai.browser.cookies.clear()
    answer = mai.post("/next")
    assert answer.status_code == 401
    assert "sign in" in answer.text


def test_a_real_home_asks_for_a_password_first(tmp_path: Path, sqlite_template: Path) -> None:
    with rooms_in(tmp_path, sqlite_template, kind=HomeKind.REAL) as rooms:
        ada = rooms.guest("Ada", Role.ADMIN)
        assert ada.get("/").headers["location"] == "/you"
        assert ada.get("/you").status_code == 200
        password = "three calm otters"
        ada.post("/you/password", {"password": password, "again": password})
        assert ada.get("/").status_code == 200


def test_a_demo_home_does_not(tmp_path: Path, sqlite_template: Path) -> None:
    with rooms_in(tmp_path, sqlite_template, kind=HomeKind.DEMO) as rooms:
        answer = rooms.guest("Ada", Role.ADMIN).get("/")
        assert answer.status_code == 200
        assert "DEMO" in answer.text


def test_static_files_come_from_here(rooms: Rooms) -> None:
    for name in ("faunawatch.css", "keys.js", "mark.svg"):
        answer = rooms.browser().get(f"/static/{name}")
        assert answer.status_code == 200
        assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in answer.text


@pytest.mark.parametrize("path", ["/listing/99999999999", "/listing/%00", "/?view=%00"])
def test_what_no_row_can_be_called_is_not_found(rooms: Rooms, path: str) -> None:
    answer = rooms.guest("Ada", Role.ADMIN).get(path)
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/leave?listing={}", "/?done={}", "/?after=1-{}"])
def test_a_number_no_row_can_have_breaks_nothing(rooms: Rooms, path: str) -> None:
    answer = rooms.guest("Ada", Role.ADMIN).get(path.format("9" * 30))
    assert answer.status_code in {200, 404, 422}
