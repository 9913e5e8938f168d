"""The table of laws: what it says, of whom, and how sure it may sound."""

from collections import Counter
from pathlib import Path

import pytest

from data.law import LAW_FILE, Covers, LawStatus, law_of, load_laws
from data.tables import BadReference

LAWS = load_laws()
HEADER, *LINES = LAW_FILE.read_text(encoding="utf-8").splitlines()
ROW = "Panthera tigris,VN,both,protected,A law,article 1,from memory,,no,"


def _file(folder: Path, *lines: str) -> Path:
    path = folder / "law.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_every_country_we_watch_has_rules_for_tigers_elephants_and_turtles() -> None:
    for country in ("CN", "VN", "TH", "KH", "LA", "MM", "MY"):
        for taxon in ("Panthera tigris", "Elephas maximus", "Cuora amboinensis"):
            assert law_of(taxon, country, live=True) is not None, (taxon, country)


def test_what_nobody_read_is_never_called_verified() -> None:
    for rule in LAWS:
        assert not rule.verified or (rule.source.startswith("https://") and rule.checked), rule
        assert not rule.verified or "to be read" not in rule.note, rule
    assert Counter(rule.verified for rule in LAWS)[True] < len(LAWS) / 10


def test_lists_that_were_issued_anew_say_that_they_must_be_read_again() -> None:
    groups = [rule for rule in LAWS if rule.country == "VN" and "IB" in rule.article]
    assert len(groups) > 30
    assert all("again" in rule.note and not rule.verified for rule in groups)


def test_a_part_has_rules_of_its_own_before_those_of_any_form() -> None:
    part = law_of("Elephas maximus", "CN", live=False)
    live = law_of("Elephas maximus", "CN", live=True)
    assert part is not None
    assert live is not None
    assert [rule.status for rule in part.rules] == [LawStatus.TRADE_BANNED, LawStatus.PROTECTED]
    assert [rule.form for rule in live.rules] == [Covers.BOTH]
    assert "103" in part.ground
    assert "103" not in live.ground


def test_an_animal_without_a_line_takes_that_of_its_group_and_says_so() -> None:
    standing = law_of("Caretta caretta", "ID", live=True)
    assert standing is not None
    assert (standing.level, standing.inherited) == ("Cheloniidae", True)
    own = law_of("Dermochelys coriacea", "ID", live=True)
    assert own is not None
    assert not own.inherited


def test_a_line_that_knows_nothing_gives_way_to_a_group_that_does(tmp_path: Path) -> None:
    unknown = "Cuora mouhotii,VN,both,unknown,,,from memory,,no,to be read"
    genus = "Cuora spp.,VN,both,regulated,A law,article 1,from memory,,no,"
    only, both = load_laws(_file(tmp_path, unknown)), tmp_path / "both"
    both.mkdir()
    standing = only.of("Cuora mouhotii", "VN", live=True)
    assert standing is not None
    assert (standing.level, standing.ground, standing.verified) == ("Cuora mouhotii", "", False)
    better = load_laws(_file(both, unknown, genus)).of("Cuora mouhotii", "VN", live=True)
    assert better is not None
    assert (better.level, better.ground) == ("Cuora spp.", "A law, article 1")


@pytest.mark.parametrize(("taxon", "country"), [("Panthera tigris", "XX"), ("Nobody", "VN")])
def test_nothing_on_file_is_none(taxon: str, country: str) -> None:
    assert law_of(taxon, country, live=False) is None


def test_what_is_allowed_is_no_ground() -> None:
    standing = law_of("Pelodiscus sinensis", "CN", live=True)
    assert standing is not None
    assert standing.rules[0].status is LawStatus.NOT_LISTED
    assert (standing.ground, standing.verified) == ("", False)


def test_a_ground_is_verified_when_its_source_was_read() -> None:
    standing = law_of("Pelochelys cantorii", "KH", live=True)
    assert standing is not None
    assert standing.verified
    assert standing.rules[0].checked is not None


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (ROW.replace("Panthera tigris", "Felis nullius"), "taxon"),
        (ROW.replace("VN", "vn"), "country"),
        (ROW.replace("both", "dead"), "form"),
        (ROW.replace("protected", "sacred"), "status"),
        (ROW.replace("from memory", ""), "source"),
        (ROW.replace(",no,", ",perhaps,"), "verified"),
        (ROW.replace(",,no,", ",last May,no,"), "checked"),
        (ROW.replace(",,no,", ",2026-11-22,yes,"), "source"),
        (ROW.replace("from memory,,no", "https://law.example,,yes"), "checked"),
        (ROW.replace("A law,article 1,from memory,,no", ",,https://law.example,2026-11-22,yes"),
         "instrument"),
        (ROW.replace("protected", "unknown").replace(",no,", ",yes,"), "verified"),
        (ROW + ",more", "(row)"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_line_and_field(tmp_path: Path, line: str, field: str) -> None:
    with pytest.raises(BadReference) as caught:
        load_laws(_file(tmp_path, LINES[0].replace("Panthera tigris,CN", "Manis spp.,CN"), line))
    assert (caught.value.line, caught.value.field) == (3, field)
    assert "law.csv" in str(caught.value)


def test_no_line_stands_twice(tmp_path: Path) -> None:
    with pytest.raises(BadReference, match="earlier line"):
        load_laws(_file(tmp_path, ROW, ROW))
