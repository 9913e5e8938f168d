"""A trained model as a folder: weights and a manifest that vouches for every byte."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from classifier.blend import WIDTH, Blend
from classifier.features import BITS, VERSION
from classifier.known import TITLES, VECTORS, load_known, save_known
from classifier.model import HEADS, Calibration, Model, Second, Weights
from classifier.signals import NAMES
from classifier.terms import Matcher
from data.taxa import load_taxa
from data.terms import Terms, load_terms

SHIPPED = Path(__file__).parent / "trained"
SCHEMA = 2
MANIFEST = "manifest.json"
WEIGHTS = "weights.npz"
_FAST = ("signals", "grams", "steps", "intercepts")


class BadArtefact(ValueError):
    """A model folder cannot be trusted or is of another version: train anew."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(f"model in {folder}: {problem}; run `faunawatch train` to make a new one")


def save_model(folder: Path, model: Model, figures: dict[str, Any]) -> None:
    """Write a model; the same model gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, second = model.weights, model.second
    arrays = {name: getattr(weights, name) for name in _FAST}
    if second is not None:
        arrays |= {
            "blend": second.blend.weights.astype(np.float32),
            "blend_intercepts": second.blend.intercepts.astype(np.float32),
        }
        save_known(folder, second.known)
    (folder / WEIGHTS).write_bytes(_packed(arrays))
    names = (WEIGHTS, VECTORS, TITLES) if second is not None else (WEIGHTS,)
    manifest = {
        **_wanted(),
        "corpus_hash": model.corpus_hash,
        "files": {name: _digest((folder / name).read_bytes()) for name in names},
        "fast": _calibration_json(model.calibration),
        "both": _calibration_json(second.calibration) if second is not None else None,
        "figures": figures,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def load_model(folder: Path = SHIPPED, terms: Terms | None = None) -> Model:
    """Read a model and make it ready; `terms` defaults to the shipped lexicon."""
    manifest = read_manifest(folder)
    for name, digest in manifest["files"].items():
        if _digest(_bytes(folder, name)) != digest:
            raise BadArtefact(folder, f"{name} is not the file that its manifest names")
    arrays = _unpacked(folder, _bytes(folder, WEIGHTS))
    second = None
    if manifest["both"] is not None:
        blend = Blend.of(arrays["blend"], arrays["blend_intercepts"])
        second = Second(blend, _calibration(manifest["both"]), load_known(folder))
    return Model(
        weights=Weights(**{name: arrays[name] for name in _FAST}),
        calibration=_calibration(manifest["fast"]),
        matcher=Matcher(terms if terms is not None else load_terms()),
        taxa=load_taxa(),
        corpus_hash=str(manifest["corpus_hash"]),
        second=second,
    )


def _bytes(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise BadArtefact(folder, f"has no {name}") from error


def _calibration_json(calibration: Calibration) -> dict[str, Any]:
    return {
        "slopes": calibration.slopes,
        "offsets": calibration.offsets,
        "thresholds": calibration.thresholds,
    }


def _calibration(stage: dict[str, Any]) -> Calibration:
    return Calibration(tuple(stage["slopes"]), tuple(stage["offsets"]), dict(stage["thresholds"]))


def read_manifest(folder: Path = SHIPPED) -> dict[str, Any]:
    """Read and check what a model folder says of itself."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadArtefact(folder, f"has no {MANIFEST}") from error
    except ValueError as error:
        raise BadArtefact(folder, f"{MANIFEST} is not JSON") from error
    for field, value in _wanted().items():
        if manifest.get(field) != value:
            raise BadArtefact(
                folder, f"{field} is {manifest.get(field)!r}, this version needs {value!r}"
            )
    unknown = {path.name for path in folder.iterdir()} - {MANIFEST, *manifest["files"]}
    if unknown:
        raise BadArtefact(folder, f"holds unknown files: {', '.join(sorted(unknown))}")
    return manifest


def _wanted() -> dict[str, Any]:
    """Give what a manifest must say to fit this version."""
    return {
        "schema": SCHEMA,
        "feature_version": VERSION,
        "bits": BITS,
        "heads": list(HEADS),
        "signals": _digest("\n".join(NAMES).encode()),
    }


def _packed(arrays: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _unpacked(folder: Path, content: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    heads = len(HEADS)
    shapes = {
        "signals": (heads, len(NAMES)), "grams": (1 << BITS, heads), "steps": (heads,),
        "intercepts": (heads,), "blend": (heads, WIDTH), "blend_intercepts": (heads,),
    }  # fmt: skip
    wanted = {name: shapes[name] for name in (shapes if "blend" in found else _FAST)}
    if {name: array.shape for name, array in found.items()} != wanted:
        raise BadArtefact(folder, f"{WEIGHTS} holds other arrays than this version knows")
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
