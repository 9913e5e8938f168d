import csv

import pytest

from data.tables import BadReference
from data.taxa import ROOTS
from data.terms import LANGUAGES, TERMS_FOLDER, Ambiguity, TermKind, load_terms, term_files

TERMS = load_terms()
COLUMNS = term_files(TERMS_FOLDER)[0].read_text(encoding="utf-8").splitlines()[0].split(",")
ROW = {
    "term": "gading putih",
    "lang": "ms",
    "script_or_romanisation": "Latn",
    "kind": "product",
    "taxon_group": "elephant",
    "product_cites_code": "IVC",
    "ambiguity": "low",
    "gloss_en": "white ivory",
    "confidence": "known",
    "source": "test",
}


def _folder(folder, **changes):
    path = folder / "mine.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerow({**ROW, **changes})
    return folder


def test_every_language_has_terms_of_every_group_and_harmless_ones():
    for lang in set(LANGUAGES) - {"zh-Latn", "mul"}:
        terms = list(TERMS.of(lang))
        assert {term.group for term in terms} >= {*ROOTS, "other"}, lang
        assert any(term.kind is TermKind.BENIGN for term in terms), lang


def test_pointing_terms_name_a_taxon_of_their_group():
    for term in TERMS:
        if term.group in ROOTS:
            assert term.taxon, term.text


def test_a_term_without_taxon_means_the_root_of_its_group(tmp_path):
    (term,) = load_terms(_folder(tmp_path))
    assert term.taxon == "Elephantidae"
    assert term.ambiguity is Ambiguity.LOW


def test_zawgyi_rows_meet_their_unicode_rows():
    zawgyi = [term for term in TERMS if "Zawgyi" in term.script]
    assert zawgyi
    shared = sum(len(TERMS.by_key[term.key]) > 1 for term in zawgyi)
    assert shared >= len(zawgyi) - 2


def test_an_overlay_adds_replaces_and_retires(tmp_path):
    added = load_terms(overlay=_folder(tmp_path))
    assert len(added) == len(TERMS) + 1
    tiger = next(term for term in TERMS.of("ms") if term.text == "harimau")
    assert tiger.kind is TermKind.TAXON
    changes = {"term": "harimau", "kind": "taxon", "taxon_group": "tiger"}
    gone = load_terms(overlay=_folder(tmp_path, **changes, retired="2026-01-31"))
    assert len(gone) == len(TERMS) - 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "animal"),
        ("lang", "xx"),
        ("ambiguity", "some"),
        ("taxon_group", "whale"),
        ("taxon", "Panthera nobody"),
        ("first_seen", "yesterday"),
        ("gloss_en", ""),
        ("term", "\u200b"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_field(tmp_path, field, value):
    with pytest.raises(BadReference) as caught:
        load_terms(_folder(tmp_path, **{field: value}))
    assert (caught.value.line, caught.value.field) == (2, field)
    assert "mine.csv" in str(caught.value)


def test_a_file_without_a_column_says_which(tmp_path):
    (tmp_path / "short.csv").write_text("term,lang\n", encoding="utf-8")
    with pytest.raises(BadReference, match="script_or_romanisation"):
        load_terms(tmp_path)
