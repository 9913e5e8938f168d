"""A trained model as a folder: weights and a manifest that vouches for every byte."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from classifier.features import BITS, VERSION
from classifier.model import HEADS, Calibration, Model, Weights
from classifier.signals import NAMES
from classifier.terms import Matcher
from data.taxa import load_taxa
from data.terms import Terms, load_terms

SHIPPED = Path(__file__).parent / "trained"
SCHEMA = 1
MANIFEST = "manifest.json"
WEIGHTS = "weights.npz"
_ARRAYS = ("signals", "grams", "steps", "intercepts")


class BadArtefact(ValueError):
    """A model folder cannot be trusted or is of another version: train anew."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(f"model in {folder}: {problem}; run `faunawatch train` to make a new one")


def save_model(
    folder: Path,
    weights: Weights,
    calibration: Calibration,
    corpus_hash: str,
    figures: dict[str, Any],
) -> None:
    """Write a model; the same model gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    content = _packed(weights)
    (folder / WEIGHTS).write_bytes(content)
    manifest = {
        "schema": SCHEMA,
        "feature_version": VERSION,
        "bits": BITS,
        "heads": HEADS,
        "signals": _digest("\n".join(NAMES).encode()),
        "corpus_hash": corpus_hash,
        "files": {WEIGHTS: _digest(content)},
        "slopes": calibration.slopes,
        "offsets": calibration.offsets,
        "thresholds": calibration.thresholds,
        "figures": figures,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def load_model(folder: Path = SHIPPED, terms: Terms | None = None) -> Model:
    """Read a model and make it ready; `terms` defaults to the shipped lexicon."""
    manifest = read_manifest(folder)
    content = (folder / WEIGHTS).read_bytes()
    if _digest(content) != manifest["files"].get(WEIGHTS):
        raise BadArtefact(folder, f"{WEIGHTS} is not the file that its manifest names")
    return Model(
        weights=_unpacked(folder, content),
        calibration=Calibration(
            tuple(manifest["slopes"]), tuple(manifest["offsets"]), dict(manifest["thresholds"])
        ),
        matcher=Matcher(terms if terms is not None else load_terms()),
        taxa=load_taxa(),
        corpus_hash=str(manifest["corpus_hash"]),
    )


def read_manifest(folder: Path = SHIPPED) -> dict[str, Any]:
    """Read and check what a model folder says of itself."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadArtefact(folder, f"has no {MANIFEST}") from error
    except ValueError as error:
        raise BadArtefact(folder, f"{MANIFEST} is not JSON") from error
    wanted = {
        "schema": SCHEMA,
        "feature_version": VERSION,
        "bits": BITS,
        "heads": list(HEADS),
        "signals": _digest("\n".join(NAMES).encode()),
    }
    for field, value in wanted.items():
        if manifest.get(field) != value:
            raise BadArtefact(
                folder, f"{field} is {manifest.get(field)!r}, this version needs {value!r}"
            )
    unknown = {path.name for path in folder.iterdir()} - {MANIFEST, *manifest["files"]}
    if unknown:
        raise BadArtefact(folder, f"holds unknown files: {', '.join(sorted(unknown))}")
    return manifest


def _packed(weights: Weights) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name: getattr(weights, name) for name in _ARRAYS})
    return buffer.getvalue()


def _unpacked(folder: Path, content: bytes) -> Weights:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        if set(arrays.files) != set(_ARRAYS):
            raise BadArtefact(folder, f"{WEIGHTS} holds other arrays than this version knows")
        found = {name: arrays[name] for name in _ARRAYS}
    wanted = {
        "signals": (len(HEADS), len(NAMES)), "grams": (1 << BITS, len(HEADS)),
        "steps": (len(HEADS),), "intercepts": (len(HEADS),),
    }  # fmt: skip
    if {name: array.shape for name, array in found.items()} != wanted:
        raise BadArtefact(folder, f"{WEIGHTS} has the wrong shape")
    return Weights(**found)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
