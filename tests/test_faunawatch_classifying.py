"""`faunawatch classify` end to end: the same lines out however they go in, and clear refusals."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from functools import cache, partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

import faunawatch.classifying
from classifier.artefact import SHIPPED, BadArtefact
from faunawatch.classifying import Asked, classify
from faunawatch.cli import app
from faunawatch.cli.base import harmless

ROOT = Path(__file__).parents[1]
SMALL_PARTS = (
    "import faunawatch.classifying as one; one._PART = 8; from faunawatch.cli import app; app()"
)
COMMAND = (sys.executable, "-c", SMALL_PARTS, "classify", "--fast")
TITLES = (
    "象牙手串 38元/克",
    "old chair",
    "Vòng ngà voi 5tr/lạng zalo 0900000123",
    "🐘 \x1b[2J",
    "",
)
LINES = [json.dumps({"id": n, "title": title}).encode() for n, title in enumerate(TITLES * 9)]


def answers(lines, asked=None, jobs=1):
    parts = classify(lines, asked or Asked(fast=True), jobs)
    return [line for part in parts for line in part.answers]


@cache
def expected() -> list[str]:
    return answers(LINES)


def invoke(*arguments: str, given: bytes = b""):
    return CliRunner().invoke(app, ["classify", *arguments], input=given)


def damaged(folder: Path) -> Path:
    """Copy the shipped model and change one byte."""
    shutil.copytree(SHIPPED, folder)
    content = bytearray((folder / "weights.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "weights.npz").write_bytes(content)
    return folder


@pytest.fixture
def meaning(monkeypatch):
    """Let the second stage be absent, as where its wheel does not fit."""
    monkeypatch.setattr(faunawatch.classifying, "load_meaning", lambda workers: None)


def test_two_processes_answer_what_one_does(monkeypatch):
    monkeypatch.setattr(faunawatch.classifying, "_PART", 8)
    assert [json.loads(line)["id"] for line in expected()] == list(range(len(LINES)))
    assert answers(LINES, jobs=2) == expected()


def test_the_order_of_lines_changes_no_answer():
    backwards = answers(LINES[::-1])
    assert backwards[::-1] == expected()


def test_bad_lines_keep_their_numbers_across_parts(monkeypatch):
    monkeypatch.setattr(faunawatch.classifying, "_PART", 2)
    lines = [*LINES[:3], b"\n", b"{", *LINES[3:5], b'{"title": "\xff"}', b'{"id": 1}']
    found = [text for part in classify(lines, Asked(fast=True)) for text in part.complaints]
    assert [text.split(":")[0] for text in found] == ["line 5", "line 8", "line 9"]


@pytest.mark.usefixtures("meaning")
def test_without_the_second_stage_the_fast_one_answers():
    assert answers(LINES, Asked()) == expected()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_changed_byte_in_the_model_is_refused_in_one_line(tmp_path, jobs):
    done = invoke("--fast", "--jobs", jobs, "--model", str(damaged(tmp_path / "m")), given=LINES[0])
    assert done.exit_code == 1
    assert not done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert "weights.npz is not the file that its manifest names" in done.stderr


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(BadArtefact, match=r"has no manifest\.json"):
        answers(LINES, Asked(tmp_path, fast=True))


@pytest.mark.parametrize("given", [b"", b"\n \n", b"\r\n"])
def test_no_listings_give_no_lines(given):
    done = invoke("--fast", given=given)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


def test_a_file_gives_what_standard_input_gives(tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"\n".join(LINES))
    from_file = invoke(str(file), "--fast")
    assert from_file.exit_code == 0
    assert from_file.stdout == invoke("--fast", given=file.read_bytes()).stdout
    assert from_file.stdout.splitlines() == [harmless(line) for line in expected()]


class Vectors:
    """A second stage that gives all texts one vector."""

    name = "still"

    def embed(self, texts):
        import numpy as np

        return np.full((len(texts), 384), 0.05, np.float16).astype(np.float32)


def test_a_file_named_as_cache_by_mistake_is_told_and_kept(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(faunawatch.classifying, "load_meaning", lambda workers: Vectors())
    wrong = tmp_path / "records.sqlite"
    with sqlite3.connect(wrong) as base:
        base.execute("create table records (id)")
        base.execute("insert into records values (7)")
    base.close()
    without = answers(LINES[:3], Asked())
    assert answers(LINES[:3], Asked(cache=wrong)) == without
    assert "kept as records.sqlite.old" in caplog.text
    with sqlite3.connect(tmp_path / "records.sqlite.old") as base:
        assert base.execute("select id from records").fetchall() == [(7,)]
    base.close()


def test_a_cache_out_of_reach_is_told_and_done_without(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(faunawatch.classifying, "load_meaning", lambda workers: Vectors())
    nowhere = tmp_path / "no" / "vectors.sqlite"
    assert answers(LINES[:3], Asked(cache=nowhere)) == answers(LINES[:3], Asked())
    assert "vectors are not kept" in caplog.text


def start(*options: str, **environment: str):
    return subprocess.Popen(
        [*COMMAND, *options],
        cwd=ROOT,
        env={"PATH": "", **environment},
        start_new_session=True,
        # What runs in the background of a shell ignores interrupts, and hands that on.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_json_is_utf_8_whatever_the_terminal_is():
    with start(PYTHONIOENCODING="latin-1") as done:
        out, err = done.communicate(LINES[0])
    assert (done.returncode, err) == (0, b"")
    assert "象牙" in out.decode("utf-8")


def test_a_reader_that_leaves_early_sees_no_traceback():
    with start() as done:
        done.stdout.close()
        done.stdin.write(b"\n".join(LINES))
        done.stdin.close()
        err = done.stderr.read()
    assert b"Traceback" not in err
    assert b"Exception" not in err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_it_without_a_traceback(jobs):
    with start("--jobs", jobs) as done:
        done.stdin.write(b"\n".join(LINES * 2))  # enough for a round of parts
        done.stdin.flush()
        assert done.stdout.read(1) == b"{"
        os.killpg(done.pid, signal.SIGINT)
        _, err = done.communicate(timeout=30)
    assert done.returncode != 0
    assert b"Traceback" not in err
