"""The table `[official_api]` of a platform's file, checked: a key is named there, never written."""

import dataclasses
import re

from data.platform import OfficialApi
from data.platform_file import Table

_KEYS = {one.name for one in dataclasses.fields(OfficialApi)}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_HOST = re.compile(r"[a-z0-9.-]+(:\d{1,5})?")
# Beside the keys lie the addresses of alert channels, which hold passwords of other services.
_ALERTS = "alert-"
_NOT_OURS = frozenset({"user-agent", "cookie", "from", "host", "content-length"})


def official_of(table: Table) -> OfficialApi | None:
    """Read `[official_api]`; None without one."""
    table.only(_KEYS)
    if not table.values:
        return None
    return OfficialApi(
        host=_host(table),
        secret=_secret(table),
        header=_header(table),
        form=_form(table),
    )


def _host(table: Table) -> str:
    host = table.text("host")
    if not _HOST.fullmatch(host):
        raise table.error("host", "must be a host alone, in small letters, as api.example.org")
    return host


def _secret(table: Table) -> str:
    name = table.text("secret")
    if name.startswith(_ALERTS):
        raise table.error("secret", "must not be an alert channel's address, which is no key")
    if not _NAME.fullmatch(name):
        problem = "is the name of a key, in small letters, digits and hyphens; never the key itself"
        raise table.error("secret", problem)
    return name


def _header(table: Table) -> str:
    header = table.text("header", OfficialApi.header)
    if not _HEADER.fullmatch(header) or header.lower() in _NOT_OURS:
        raise table.error("header", "must be a request header that carries keys, as X-Api-Key")
    return header


def _form(table: Table) -> str:
    form = table.text("form", OfficialApi.form)
    if form.count("{key}") != 1 or not form.isprintable():
        raise table.error("form", "must contain {key} once, where the key goes")
    return form
