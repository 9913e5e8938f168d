"""The decide form read into an answer; what is missing or unknown is said by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from starlette.datastructures import FormData

from data.reviews import Answer, Form, Incomplete, ReasonCode, Subject, Verdict
from data.taxa import Taxa
from review_ui.choices import ground_of, law_for
from review_ui.words import PRODUCTS

LONGEST_GROUND = 500
LONGEST_NOTE = 2000
SKIP = "skip"
Code = TypeVar("Code", bound=StrEnum)


@dataclass(frozen=True)
class Sent:
    """What a decide form sent, field by field, as text."""

    fields: Mapping[str, str]

    @classmethod
    def of(cls, form: FormData) -> "Sent":
        """Read the text fields of a form; the first of several stands."""
        return cls({name: value.strip() for name, value in _texts(form).items()})

    def get(self, name: str) -> str:
        """Return a field, or nothing."""
        return self.fields.get(name, "")

    def number(self, name: str) -> int:
        """Return a field that is a whole number, or 0."""
        text = self.get(name)
        return int(text) if text.isdecimal() and len(text) < 12 else 0  # noqa: PLR2004

    @property
    def is_skip(self) -> bool:
        """Tell whether the listing is left to others."""
        return self.get("verdict") == SKIP

    def answer(self, taxa: Taxa, country: str) -> Answer:
        """Return the verdict, or raise `Incomplete` naming the field to fill in."""
        verdict = self._code("verdict", Verdict, "Choose a verdict: A, R, U or S.")
        note = _short(self.get("note"), LONGEST_NOTE, "note")
        if verdict is Verdict.UNSURE:
            return Answer(verdict, note=note)
        if verdict is Verdict.NOT_INFRINGING:
            reason = self._code("reason_code", ReasonCode, "Say why it does not infringe.")
            return Answer(verdict, reason_code=reason, note=note)
        subjects = self._subjects(taxa)
        ground = self._ground(taxa, subjects[0], country)
        return Answer(verdict, subjects=subjects, legal_ground=ground, note=note)

    def _code(self, name: str, kind: type[Code], message: str) -> Code:
        try:
            return kind(self.get(name))
        except ValueError as error:
            raise Incomplete(name, message) from error

    def _subjects(self, taxa: Taxa) -> tuple[Subject, ...]:
        first = self._subject(taxa, self.get("taxon_other") or self.get("taxon"), "")
        if not self.get("taxon_2"):
            return (first,)
        return (first, self._subject(taxa, self.get("taxon_2"), "_2"))

    def _subject(self, taxa: Taxa, taxon: str, suffix: str) -> Subject:
        if taxon not in taxa:
            raise Incomplete(f"taxon{suffix}", "Name the animal.")
        product = self.get(f"product{suffix}")
        if product not in PRODUCTS:
            raise Incomplete(f"product{suffix}", "Name the product.")
        form = self._code(f"form{suffix}", Form, "Say whether it is live, a part or a derivative.")
        if (product == "LIV") is not (form is Form.LIVE):
            message = "A live animal is the product “live animal” in the form “live”: set both."
            raise Incomplete(f"form{suffix}", message)
        return Subject(taxon, product, form)

    def _ground(self, taxa: Taxa, subject: Subject, country: str) -> str:
        """Return the legal ground; one that was only filled in follows the animal chosen."""
        ground = _short(self.get("legal_ground"), LONGEST_GROUND, "legal_ground")
        if ground and ground == self.get("ground_filled_in"):
            live = subject.form is Form.LIVE
            ground = ground_of(law_for(taxa[subject.taxon], country, live=live))
        if not ground:
            raise Incomplete("legal_ground", "Give the legal ground.")
        return ground


def _texts(form: FormData) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            texts.setdefault(name, value)
    return texts


def _short(text: str, longest: int, field: str) -> str:
    if len(text) > longest:
        raise Incomplete(field, f"Shorten this to {longest} characters.")
    return text
