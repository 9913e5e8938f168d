"""The captures of a case as a WARC 1.1 file with its index and pages, as the WACZ form asks.

A page reader such as ReplayWeb.page shows them without asking the seller's site for anything.
"""

import gzip
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from typing import IO
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from data.evidence import EvidenceDamaged
from data.found import EvidenceKind
from data.parts import Evidence

ARCHIVE = "data.warc.gz"
INDEX = "index.cdx.gz"
SOFTWARE = "faunawatch"
_INDEX_FORM = {"format": "cdxj-gzip-1.0", "filename": INDEX}
_BLOCK = 3000
PAGES_HEAD = {"format": "json-pages-1.0", "id": "pages", "title": "What was captured"}
_NAMES = uuid.UUID("6f1a3a52-5f0c-4f0e-9d6b-2f0c5b1f7a11")
_RENAMED = frozenset({"content-encoding", "transfer-encoding", "content-length"})
_SHOWN = (EvidenceKind.PAGE, EvidenceKind.JSON)
_LINE_ENDS = re.compile(r"[\r\n\x00]+")


@dataclass
class Written:
    """What a WARC holds: index lines, pages, and the parts that could not be read, with why."""

    index: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    firsts: dict[str, Evidence] = field(default_factory=dict)

    def index_files(self) -> dict[str, bytes]:
        """Return the sorted index in packed blocks, and the list of where each block begins."""
        lines, packed = sorted(self.index), b""
        blocks = [f"!meta 0 {json.dumps(_INDEX_FORM)}"]
        for at in range(0, len(lines), _BLOCK):
            text = "".join(f"{line}\n" for line in lines[at : at + _BLOCK]).encode()
            block = gzip.compress(text, mtime=0)
            digest = f"sha256:{hashlib.sha256(block).hexdigest()}"
            place = {"offset": len(packed), "length": len(block), "digest": digest}
            key = " ".join(lines[at].split(" ", 2)[:2])
            blocks.append(f"{key} {json.dumps(place | {'filename': INDEX})}")
            packed += block
        index = "".join(f"{line}\n" for line in blocks).encode()
        return {f"indexes/{INDEX}": packed, "indexes/index.idx": index}

    def pages_file(self) -> bytes:
        """Return the list of pages."""
        return "".join(f"{line}\n" for line in (json.dumps(PAGES_HEAD), *self.pages)).encode()


def write_warc(
    target: IO[bytes],
    captures: Iterable[Evidence],
    titles: Mapping[int, str],
    read: Callable[[str], bytes],
) -> Written:
    """Write captures in time order; bytes that came before are named, not written again."""
    writer, written = WARCWriter(target, gzip=True, warc_version="1.1"), Written()
    writer.write_record(writer.create_warcinfo_record(ARCHIVE, {"software": SOFTWARE}))
    for part in sorted(captures, key=lambda one: (one.captured_at, one.id)):
        begin = target.tell()
        try:
            _write(writer, written, part, read)
        except EvidenceDamaged as error:
            written.damaged[part.sha256] = str(error).partition(" in /")[0]
            continue
        place = {"offset": str(begin), "length": str(target.tell() - begin)}
        written.index.append(_index_line(part, place))
        if part.kind in _SHOWN:
            written.pages.append(_page_line(part, titles.get(part.id, "")))
    return written


def _write(
    writer: WARCWriter, written: Written, part: Evidence, read: Callable[[str], bytes]
) -> None:
    headers = {
        "WARC-Date": _warc_date(part.captured_at),
        "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(_NAMES, f'{part.id} {part.sha256}')}>",
        "WARC-Payload-Digest": f"sha256:{part.sha256}",
    }
    url, first = _address(part), written.firsts.get(part.sha256)
    if first is not None and part.http_status is not None:
        record = writer.create_revisit_record(
            url,
            headers["WARC-Payload-Digest"],
            _address(first),
            _warc_date(first.captured_at),
            http_headers=_http(part),
            warc_headers_dict=headers,
        )
    else:
        content = read(part.sha256)
        kind, http = ("response", _http(part)) if part.http_status else ("resource", None)
        record = writer.create_warc_record(
            url,
            kind,
            payload=BytesIO(content),
            length=len(content),
            warc_content_type="" if http else part.media_type or "application/octet-stream",
            warc_headers_dict=headers,
            http_headers=http,
        )
        written.firsts.setdefault(part.sha256, part)
    writer.write_record(record)


def _address(part: Evidence) -> str:
    return part.url or f"urn:sha256:{part.sha256}"


def _http(part: Evidence) -> StatusAndHeaders:
    """Return status and headers; those that spoke of the packed body are kept under another name.

    Bytes are kept unpacked, so the length given is theirs.
    """
    headers = []
    for name, value in part.headers:
        shown = f"X-Archive-Orig-{name}" if name.lower() in _RENAMED else name
        headers.append((shown, _LINE_ENDS.sub(" ", value)))
    headers.append(("Content-Length", str(part.size)))
    status = part.http_status or 0
    reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Unknown"
    return StatusAndHeaders(f"{status} {reason}", headers, protocol="HTTP/1.1")


def _warc_date(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _index_line(part: Evidence, place: Mapping[str, str]) -> str:
    entry = {
        "url": _address(part),
        "mime": part.media_type,
        "status": str(part.http_status or 200),
        "digest": f"sha256:{part.sha256}",
        "filename": ARCHIVE,
        **place,
    }
    stamp = f"{part.captured_at.astimezone(UTC):%Y%m%d%H%M%S}"
    return f"{sortable(_address(part))} {stamp} {json.dumps(entry)}"


def sortable(url: str) -> str:
    """Return an address in the order that indexes sort by.

    >>> sortable("https://www.Pasar.example:8443/Item/7?b=2&a=1")
    'example,pasar:8443)/item/7?a=1&b=2'
    """
    parts = urlsplit(url)
    if not parts.hostname:
        return url.lower()
    host = ",".join(reversed(parts.hostname.removeprefix("www.").split(".")))
    port = f":{parts.port}" if parts.port else ""
    query = "?" + "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    return f"{host}{port}){parts.path or '/'}{query}".lower().replace(" ", "%20")


def _page_line(part: Evidence, title: str) -> str:
    page = {
        "id": str(part.id),
        "url": _address(part),
        "ts": _warc_date(part.captured_at),
        "title": title,
        "size": part.size,
    }
    return json.dumps(page, ensure_ascii=False)
