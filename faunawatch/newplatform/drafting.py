"""From what a survey saw to a draft: which style, where lists go on, where each field stands."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from crawler.styles import embedded, feed
from crawler.styles.page import Page
from data.platform import JsonApi
from faunawatch.newplatform import tongues
from faunawatch.newplatform.carried import Rows, listing_in, rows_in
from faunawatch.newplatform.links import Family
from faunawatch.newplatform.reading import Told, told_by
from faunawatch.newplatform.survey import Seen
from faunawatch.newplatform.walks import categories_of, pager_of, search_of
from faunawatch.newplatform.writing import Draft, Line

_ANY_NUMBER = r"/(?P<id>\d{3,})(?:[/?#.-]|$)"
_MADE_WITH = {"wordpress": "wordpress", "osclass": "osclass"}


class NothingToDescribe(Exception):
    """No listings were found there: give the address of a page that lists listings."""


def drafted(seen: Seen, url: str, platform_id: str, local: str = "") -> Draft:
    """Return a draft of a platform file; raises `NothingToDescribe` where no listing was seen."""
    if seen.first is None:
        raise NothingToDescribe(_why(seen, url))
    draft = Draft()
    if seen.first.is_json:
        style = _from_json(draft, seen.first, url)
    elif feed.is_feed(seen.first):
        style = _from_feed(draft, seen, url)
    else:
        style = _from_pages(draft, seen, url)
    _begin(draft, seen, url, platform_id, style)
    if local:
        draft.top += [Line("local", [local], "an address of this machine"), Line("delay_s", 0)]
    else:
        draft.top.append(Line("delay_s", 5))
    _remark(draft, seen)
    return draft


def _why(seen: Seen, url: str) -> str:
    causes = "; ".join(dict.fromkeys(seen.failures)) or "no page came"
    return f"{url} could not be surveyed: {causes}"


def _begin(draft: Draft, seen: Seen, url: str, platform_id: str, style: Line) -> None:
    parts = urlsplit(url)
    pages = [page for page in (seen.first, *seen.listings) if page is not None]
    texts = [page.visible[:20_000] for page in pages]
    declared = next(filter(None, map(tongues.declared_language, pages)), "")
    written = tongues.seen_languages("\n".join(texts))
    languages = list(dict.fromkeys([*written, *([declared] if declared else [])])) or ["en"]
    country, told = tongues.country_of(url, languages)
    currency = tongues.shown_currency(texts[1:] or texts)
    draft.top += [
        Line("schema", 1),
        Line("id", platform_id),
        Line("name", parts.hostname or platform_id),
        Line("base_url", f"{parts.scheme}://{parts.netloc}/"),
        style,
        Line("country", country, told, sure=False),
        Line("languages", languages, "the letters and lang= of its pages", sure=bool(declared)),
        *_currency(currency, country),
        Line("timezone", tongues.ZONES.get(country, "UTC"), "that of the country", sure=False),
        Line("images", 3),
        Line("last_verified", "never"),
    ]


def _currency(currency: str, country: str) -> Iterator[Line]:
    if currency:
        yield Line("currency", currency, "prices on its pages name it")
    elif country in tongues.CURRENCIES:
        yield Line("currency", tongues.CURRENCIES[country], "that of the country", sure=False)


def _from_json(draft: Draft, page: Page, url: str) -> Line:
    rows = rows_in(page.document)
    if rows is None:
        raise NothingToDescribe(f"{url} is JSON, but no list of rows with an id and a title in it")
    _lists(draft, url, page)
    _rows(draft, rows)
    draft.add("pages", Line("pattern", _ANY_NUMBER, "give a listing's address", sure=False))
    for name, key in rows.fields.items():
        draft.add("fields", Line(name, key, f"a key of the first of {rows.count} rows", sure=False))
    return Line("style", "json_api", "the answer is JSON")


def _rows(draft: Draft, rows: Rows) -> None:
    why = f"{rows.count} rows stand there"
    own = f"its values differ in all {rows.count} rows"
    draft.add("json", Line("rows", rows.path, why), Line("id", rows.id, own, sure=False))


def _from_feed(draft: Draft, seen: Seen, url: str) -> Line:
    if seen.family is None:
        raise NothingToDescribe(f"{url} is a feed whose entries' addresses have no common form")
    parts = urlsplit(url)
    path = parts._replace(scheme="", netloc="").geturl()
    draft.add("lists", Line("feeds", [path], "the address given is a feed"))
    told = told_by(seen.listings, seen.family) if seen.listings else None
    whole = told is None or not told.fields_known
    why = "entries are read as they are" if whole else "their pages say more"
    draft.add("feed", Line("whole", whole, why, sure=False))
    _pages(draft, seen.family)
    if told is not None and not whole:
        _fields(draft, told)
    return Line("style", "feed", "the address given is a feed")


def _from_pages(draft: Draft, seen: Seen, url: str) -> Line:
    first = seen.first
    if first is None or seen.family is None or not seen.listings:
        causes = "; ".join(dict.fromkeys(seen.failures))
        words = f"no listings were found on {url}; give the address of a page that lists them"
        raise NothingToDescribe(f"{words} ({causes})" if causes else words)
    _lists(draft, first.url, first)
    if seen.feeds:
        draft.add("lists", Line("feeds", seen.feeds, "it names listings of this form"))
    _pages(draft, seen.family)
    told = told_by(seen.listings, seen.family)
    if told.style == "embedded":
        _embedded(draft, first, told)
    _fields(draft, told)
    return Line("style", told.style, told.why, sure=told.sure)


def _embedded(draft: Draft, first: Page, told: Told) -> None:
    document = embedded.document_of(first, JsonApi())
    rows = rows_in(document) if document is not None else None
    if rows is not None:
        _rows(draft, rows)
    if told.row:
        draft.add("json", Line("detail_row", told.row, "a listing's page carries it there"))


def _lists(draft: Draft, url: str, page: Page) -> None:
    path = urlsplit(url)._replace(scheme="", netloc="").geturl() or "/"
    draft.add("lists", Line("start", [path], "the list that was looked at"))
    if page.is_json:
        return
    if category := categories_of(page):
        draft.add("lists", Line("category_links", [category], "their addresses say so", sure=False))
    if pager := pager_of(page):
        for key, value in pager.keys.items():
            shown = value if isinstance(value, str | int | list) else str(value)
            draft.add("lists", Line(key, shown, pager.why, sure=pager.sure))
    search, sure = search_of(page)
    if search:
        draft.add("lists", Line("search", search, "a form of the page", sure=sure))
        draft.add("lists", Line("may_search", value=False, why="until `check` trusts it"))


def _pages(draft: Draft, family: Family) -> None:
    why = f"{family.size} addresses have this form"
    draft.add("pages", Line("pattern", family.pattern, why, sure=not family.by_name))
    if family.address:
        draft.add("pages", Line("address", family.address, "only the id differs", sure=False))
    if family.keep_query:
        draft.add("pages", Line("keep_query", list(family.keep_query), "the id stands there"))


def _fields(draft: Draft, told: Told) -> None:
    for name, place in told.fields.items():
        draft.add("fields", Line(name, place, "finds something on each sample", sure=False))


def _remark(draft: Draft, seen: Seen) -> None:
    pages = [page for page in (seen.first, *seen.listings) if page is not None]
    draft.notes.append(f"Drafted from {seen.requests} pages; nobody has checked it.")
    encodings = {page.decoded.encoding for page in pages} - {"utf-8"}
    if encodings:
        draft.notes.append(f"Pages are written in {', '.join(sorted(encodings))}.")
    shown = [page for page in pages if not page.is_json and not feed.is_feed(page)]
    said = (page.selector.xpath("//meta[@name='generator']/@content").get() for page in shown)
    made = " ".join(next(filter(None, said), "").split())[:80]
    if made:
        draft.notes.append(f"The site says that it is made with {made}.")
    for word, shipped in _MADE_WITH.items():
        if word in made.lower():
            draft.notes.append(f"The shipped file {shipped}.toml may read it better.")
    if any(page.selector.xpath("//link[@rel='https://api.w.org/']") for page in shown):
        draft.notes.append("It declares WordPress's REST API: see the shipped file wordpress.toml.")


__all__ = ["NothingToDescribe", "drafted", "listing_in"]
