"""The team's models: what was trained here, which one is in use, and the way back.

    models/NAME/model/       scores listings when NAME is in use
    models/NAME/trial/       trained alike without the frozen test split, to be compared with others
    models/NAME/record.json  when and of what it was made, and how the comparison ended
    models/active            the name in use; without this file the shipped model is

A folder gets its name only once it is whole, so that a crash leaves no half a model.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.artefact import SHIPPED as SHIPPED_FOLDER
from classifier.artefact import BadArtefact, load_model
from classifier.meaning import load_meaning
from classifier.model import Embed, Model
from classifier.vectors import VectorCache
from data import audit
from data.terms import Terms, load_terms
from faunawatch.house import House, os_actor

log = logging.getLogger(__name__)
SHIPPED = "shipped"
MODEL, TRIAL, RECORD, ACTIVE = "model", "trial", "record.json", "active"
VECTORS = "vectors.sqlite"


class UnknownModel(Exception):
    """There is no model of this name: see `faunawatch models`."""


UNUSABLE = (BadArtefact, UnknownModel, OSError)


@dataclass(frozen=True)
class TeamModel:
    """A model under the name that its scores carry."""

    name: str
    model: Model


@dataclass(frozen=True)
class Kept:
    """A model trained here, and what its record says."""

    name: str
    in_use: bool
    record: Mapping[str, Any]


@contextmanager
def open_embed(home: Path) -> Iterator[Embed | None]:
    """Open what reads meaning, which remembers in the home what it read; None if it cannot run."""
    meaning = load_meaning()
    if meaning is None:
        yield None
        return
    with VectorCache(home / VECTORS, meaning, log.warning) as cache:
        yield cache.embed


def models_folder(house: House) -> Path:
    """Return where the team's own models are kept."""
    return house.folder / "models"


def team_terms(house: House) -> Terms:
    """Return the shipped lexicon with the team's own terms laid over it."""
    return load_terms(overlay=house.terms_overlay)


def chosen_name(house: House) -> str:
    """Return the name of the model that was put in use last."""
    try:
        name = (models_folder(house) / ACTIVE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return SHIPPED
    return name or SHIPPED


def chosen_model(house: House, name: str) -> TeamModel:
    """Open a model; raise `UnknownModel` or `BadArtefact` when it cannot be used."""
    if name == SHIPPED:
        return _shipped(team_terms(house))
    return TeamModel(name, load_model(folder_of(house, name) / MODEL, team_terms(house)))


def _shipped(terms: Terms) -> TeamModel:
    model = load_model(SHIPPED_FOLDER, terms)
    return TeamModel(f"{SHIPPED}-{model.corpus_hash[:12]}", model)


def folder_of(house: House, name: str) -> Path:
    """Return the folder of a model trained here."""
    names = [one.name for one in _folders(house)]
    if name not in names:
        known = ", ".join([SHIPPED, *names])
        raise UnknownModel(f"no model '{name}'; there are: {known}")
    return models_folder(house) / name


def _folders(house: House) -> list[Path]:
    """Return the whole model folders, oldest first."""
    return sorted(path.parent for path in models_folder(house).glob(f"[!.]*/{RECORD}"))


def active_model(house: House) -> TeamModel:
    """Return the model in use; one that no longer opens gives way to the shipped one.

    A new version of the product may read no older models. Listings are scored all the same, the
    scores say by which model, and the doctor says that the team's own must be trained anew.
    """
    name = chosen_name(house)
    try:
        return chosen_model(house, name)
    except UNUSABLE as error:
        if name == SHIPPED:
            raise
        log.warning("model %s is not used, the shipped one is: %s", name, error)
        return chosen_model(house, SHIPPED)


def use_model(house: House, name: str) -> TeamModel:
    """Put a model in use for all that is scored from now on; it must open first."""
    using = chosen_model(house, name)
    write_whole(models_folder(house) / ACTIVE, f"{name}\n")
    clock = house.store.clock()
    with house.store.write() as session:
        audit.note(
            session, actor=os_actor(), verb="model.use", subject=f"model:{name}", clock=clock
        )
    return using


def kept_models(house: House) -> list[Kept]:
    """Return the models trained here, oldest first."""
    using = chosen_name(house)
    return [Kept(path.name, path.name == using, _record(path)) for path in _folders(house)]


def model_lines(house: House) -> list[str]:
    """Return a line for each model: in use or not, name, made when, of what, how it compared."""
    mark = "*" if chosen_name(house) == SHIPPED else " "
    return [f"{mark} {SHIPPED}", *(_line(one) for one in kept_models(house))]


def _line(kept: Kept) -> str:
    record, mark = kept.record, "*" if kept.in_use else " "
    made_of = ", ".join(f"{number} {name}" for name, number in record["trained_on"].items())
    found = " ".join(
        f"{one['lang']} {one['challenger']}/{one['offers']}" for one in record["compared"]
    )
    ended = "took over from" if record["took_over"] else "did not replace"
    return f"{mark} {kept.name}\t{made_of}\t{ended} {record['against']}\tfound {found}"


def _record(folder: Path) -> Mapping[str, Any]:
    record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    return record


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
