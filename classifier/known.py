"""Known examples: what reads most like a listing among the texts the model learned from."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from classifier.meaning import DIMENSIONS, Vectors
from data.corpus import CorpusRow

VECTORS = "known.npz"
TITLES = "known.json"
_STEPS = 127


class BadKnown(ValueError):
    """The known examples of a model folder cannot be read: train anew."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(
            f"known examples in {folder}: {problem}; run `faunawatch train` to make them anew"
        )


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A known example and how alike it reads: the cosine, 1 for the very same meaning."""

    id: str
    title: str
    offered: bool
    likeness: float


@dataclass(frozen=True)
class Known:
    """Texts of the corpus by meaning; a vector is a row of `steps` times its `scales`."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    offered: NDArray[np.bool_]
    steps: NDArray[np.int8]
    scales: Vectors

    @classmethod
    def of(cls, rows: Sequence[CorpusRow], vectors: Vectors) -> Self:
        """Keep the rows of a corpus, whose vectors come in the same order."""
        scales = np.maximum(np.abs(vectors).max(axis=1), np.float32(1e-6)) / np.float32(_STEPS)
        return cls(
            ids=tuple(row.id for row in rows),
            titles=tuple(row.title for row in rows),
            offered=np.array([row.offered for row in rows], np.bool_),
            steps=np.rint(vectors / scales[:, None]).astype(np.int8),
            scales=scales.astype(np.float32),
        )

    @cached_property
    def _vectors(self) -> Vectors:
        vectors = self.steps * self.scales[:, None]
        lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-6))
        ready: Vectors = (vectors / lengths).astype(np.float32)
        return ready

    def nearest(
        self, vector: Vectors, n: int = 2, *, offered: bool | None = None
    ) -> tuple[Neighbour, ...]:
        """Find the examples that read most alike, among offers or others only if so asked."""
        likeness = self._vectors @ vector
        if offered is not None:
            likeness = np.where(self.offered == offered, likeness, -np.inf)
        best = np.argsort(-likeness, kind="stable")[:n]
        return tuple(self._neighbour(at, likeness[at]) for at in best if likeness[at] > -np.inf)

    def _neighbour(self, at: int, likeness: float) -> Neighbour:
        return Neighbour(
            self.ids[at], self.titles[at], bool(self.offered[at]), round(float(likeness), 4)
        )


def save_known(folder: Path, known: Known) -> None:
    """Write VECTORS and TITLES into a model folder; the same examples give the same bytes."""
    (folder / VECTORS).write_bytes(_packed(known))
    lists = {"ids": known.ids, "titles": known.titles}
    text = json.dumps(lists, ensure_ascii=False, indent=0)
    (folder / TITLES).write_text(text + "\n", encoding="utf-8")


def load_known(folder: Path) -> Known:
    """Read what `save_known` wrote; whether it is the same bytes is the manifest's to say."""
    try:
        lists: dict[str, Any] = json.loads((folder / TITLES).read_text(encoding="utf-8"))
        content = io.BytesIO((folder / VECTORS).read_bytes())
        with np.load(content, allow_pickle=False) as arrays:
            parts = {name: arrays[name] for name in ("offered", "steps", "scales")}
        known = Known(tuple(lists["ids"]), tuple(lists["titles"]), **parts)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise BadKnown(folder, str(error)) from error
    rows = len(known.ids)
    sizes = (len(known.titles), known.offered.shape, known.steps.shape, known.scales.shape)
    if sizes != (rows, (rows,), (rows, DIMENSIONS), (rows,)):
        raise BadKnown(folder, f"{VECTORS} and {TITLES} do not fit together")
    return known


def _packed(known: Known) -> bytes:
    buffer = io.BytesIO()
    arrays = {"offered": known.offered, "steps": known.steps, "scales": known.scales}
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
