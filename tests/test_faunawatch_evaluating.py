"""`faunawatch evaluate`: what training measured, and what the model does with files of texts."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classifier.artefact import SHIPPED, load_model, read_manifest
from faunawatch.cli import app
from faunawatch.evaluating import BadTexts, file_lines, trained_lines

MODEL = load_model()
OFFER = {
    "title": "象牙手串 38元/克 加微 demo_01", "offered": True, "groups": ["elephant"],
    "style": "plain",
}  # fmt: skip
CHAIR = {"title": "old wooden chair", "offered": False, "groups": [], "style": "ordinary"}


def written(path, *rows):
    path.write_bytes(
        b"\n".join(r if isinstance(r, bytes) else json.dumps(r).encode() for r in rows)
    )
    return path


def told(path):
    (line,) = file_lines([path], MODEL, None)
    return line


def evaluate(*arguments):
    return CliRunner().invoke(app, ["evaluate", *arguments])


def test_the_table_says_what_the_manifest_says():
    figures = read_manifest()["figures"]
    printed = evaluate().stdout
    assert printed.splitlines() == list(trained_lines(SHIPPED))
    for stage in set(figures) & {"both", "fast"}:
        for lang, counts in figures[stage].items():
            rows = [row for row in printed.splitlines() if row.startswith(f"| {lang} |")]
            hits, of = counts["plain"]
            assert any(re.search(rf"\b{hits}\D+{of}\b", row) for row in rows), (stage, lang)


def test_the_last_row_adds_up_all_languages():
    counts = read_manifest()["figures"]["fast"].values()
    hits, of = (sum(one["plain"][at] for one in counts) for at in (0, 1))
    last = [row for row in trained_lines(SHIPPED) if row.startswith("| all |")][-1]
    assert re.search(rf"\b{hits}\D+{of}\b", last.split("|")[2])


def test_labelled_listings_are_counted_by_style(tmp_path):
    line = told(written(tmp_path / "own.jsonl", OFFER, CHAIR))
    assert re.match(r"own\.jsonl: flagged plain 1\D+1\b.*, ordinary 0\D+1\b", line), line
    assert "AP 1.000" in line
    assert "right group 1/1 of found offers" in line


def test_harmless_texts_are_counted_and_few_give_no_rate(tmp_path):
    rows = [{"text": "old chair"}, {"text": "象牙手串 38元/克", "has_target_word": True}]
    line = told(written(tmp_path / "texts.jsonl", *rows))
    assert line == "texts.jsonl: flagged 1 of 2; with a target word 1 of 1"


def test_many_harmless_texts_give_a_rate(tmp_path):
    line = told(written(tmp_path / "texts.jsonl", *[{"text": "old chair"}] * 200))
    assert line == "texts.jsonl: flagged 0 of 200 = 0.00%; with a target word 0 of 0"


@pytest.mark.parametrize("content", [[], [b"", b"  "]])
def test_a_file_without_texts_has_none_flagged(tmp_path, content):
    line = told(written(tmp_path / "empty.jsonl", *content))
    assert line == "empty.jsonl: flagged 0 of 0; with a target word 0 of 0"


def test_half_a_character_does_no_harm(tmp_path):
    half = json.dumps({"text": "\ud83d 象牙手串 38元/克"}).encode()
    assert "flagged 1 of 1" in told(written(tmp_path / "half.jsonl", half))


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([CHAIR, b"{"], "line 2: is not JSON"),
        ([CHAIR, b'{"title": "\xff"}'], "line 2: is not JSON"),
        ([b"", b"[" * 100_000], "line 2: is not JSON"),
        ([CHAIR, b"[]"], "line 2: is not a JSON object"),
        ([{"name": "x"}], "line 1: has neither a text nor a title"),
        ([CHAIR, {"title": "x"}], "line 2: is labelled unlike the first line"),
        ([{"text": "x"}, CHAIR], "line 2: is labelled unlike the first line"),
        ([{"title": "x", "offered": "no"}], "line 1: offered is neither 1 (or true) nor 0"),
        ([{"title": "x", "offered": True}], "line 1: an offer needs its groups"),
    ],
)
def test_a_bad_line_is_told_by_file_and_line(tmp_path, rows, problem):
    path = written(tmp_path / "bad.jsonl", *rows)
    with pytest.raises(BadTexts, match=re.escape(f"bad.jsonl, {problem}")):
        told(path)


def test_a_bad_line_ends_the_command_with_one_line(tmp_path):
    done = evaluate("--fast", "--on", str(written(tmp_path / "bad.jsonl", b"{")))
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert "line 1" in done.stderr


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    done = evaluate("--model", str(tmp_path))
    assert done.exit_code == 1
    assert "has no manifest.json" in done.stderr


def test_the_held_out_texts_are_in_a_form_that_can_be_evaluated(tmp_path):
    held_out = Path(__file__).parent / "heldout" / "en.jsonl"
    few = tmp_path / "en.jsonl"
    few.write_text("".join(held_out.read_text("utf-8").splitlines(keepends=True)[:3]), "utf-8")
    (line,) = file_lines([few], MODEL, None)
    assert "plain 3/3" in line
