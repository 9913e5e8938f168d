import pytest

from data.tables import BadReference
from data.taxa import LOCALES, ROOTS, TAXA_FILE, Concern, load_taxa

TAXA = load_taxa()
HEADER, FIRST, *_ = TAXA_FILE.read_text(encoding="utf-8").splitlines()


def _file(folder, *lines):
    path = folder / "taxa.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_every_group_has_its_root_and_all_of_it_hangs_from_there():
    for taxon in TAXA:
        top = TAXA.lineage(taxon.scientific_name)[-1]
        assert taxon.group not in ROOTS or top == ROOTS[taxon.group], taxon


def test_sea_turtles_and_sliders_are_turtles():
    assert TAXA["Eretmochelys imbricata"].group == "turtle"
    assert TAXA["Trachemys scripta elegans"].concern is Concern.COMMON_FARMED
    assert TAXA["Manis spp."].group == "other"


def test_names_fall_back_to_english():
    tiger = TAXA["Panthera tigris"]
    assert {tiger.name(locale) for locale in LOCALES} >= {"Tiger", "hổ", "老虎", "ကျား"}
    assert TAXA["Kinosternidae"].name("km") == "Mud and musk turtles"


@pytest.mark.parametrize(
    ("lines", "line", "field"),
    [
        ([FIRST, FIRST], 3, "scientific_name"),
        ([FIRST.replace(",tiger,", ",lion king,", 1)], 2, "group"),
        ([FIRST.replace(",protected,", ",vital,", 1)], 2, "concern"),
        ([FIRST.replace(",species,,", ",species,Felidae,", 1)], 2, "parent"),
        ([FIRST + ",more"], 2, "(row)"),
    ],
)
def test_a_mistake_is_told_with_line_and_field(tmp_path, lines, line, field):
    with pytest.raises(BadReference) as caught:
        load_taxa(_file(tmp_path, *lines))
    assert (caught.value.line, caught.value.field) == (line, field)
    assert "taxa.csv" in str(caught.value)
