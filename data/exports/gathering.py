"""From a request's records to a case of the notice and a row of the sheet."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.casefile import page_evidence
from data.exports.notice import Case, Law, Offered, Quote, one_line
from data.flags import Flag
from data.law import law_of
from data.listings import Listing
from data.products import product_name
from data.reviews import Decision, DecisionSubject, Form
from data.sellers import Seller
from data.takedowns import TakedownRequest
from data.taxa import load_taxa

LOCALES = {
    "CN": "zh-Hans",
    "HK": "zh-Hant",
    "TW": "zh-Hant",
    "VN": "vi",
    "TH": "th",
    "KH": "km",
    "LA": "lo",
    "MM": "my",
    "MY": "ms",
    "ID": "id",
}
MOST_QUOTES = 5


def case_of(session: Session, request: TakedownRequest, row_no: int, policy_ref: str) -> Case:
    """Gather everything the notice says about one listing."""
    listing, decision = request.listing, request.decision
    return Case(
        row_no=row_no,
        attempt=attempt_of(session, request),
        url=listing.url,
        external_id=listing.external_id,
        title=listing.title,
        seller=_seller(listing.seller),
        price=_price(listing),
        first_seen=listing.first_seen_at,
        verified_live=listing.last_live_at,
        decided=decision.at,
        offered=_offered(decision, listing.country),
        legal_ground=decision.legal_ground,
        laws=_laws(decision, listing.country),
        policy_ref=policy_ref,
        quotes=quotes_of(session, listing.id),
        evidence=page_evidence(session, decision.sighting_id),
    )


def row_of(request: TakedownRequest, case: Case, number: str) -> dict[str, str]:
    """Return the stable columns of one row."""
    listing, subjects = request.listing, request.decision.subjects
    forms = sorted({f"protected_{subject.form}" for subject in subjects})
    return {
        "batch_no": number,
        "row_no": str(case.row_no),
        "platform": request.platform_id,
        "external_id": listing.external_id,
        "url": listing.url,
        "title": listing.title,
        "seller_id": listing.seller.external_id if listing.seller else "",
        "price": format(listing.price, "f") if listing.price is not None else listing.price_text,
        "currency": listing.currency,
        "taxon": "; ".join(subject.taxon for subject in subjects),
        "product": "; ".join(subject.product for subject in subjects),
        "reason_code": "; ".join(forms),
        "law_ref": case.legal_ground,
        "policy_ref": case.policy_ref,
        "first_seen_utc": _utc(case.first_seen),
        "verified_live_utc": _utc(case.verified_live) if case.verified_live else "",
        "evidence_sha256": "; ".join(case.evidence),
        "request_id": str(request.id),
    }


def attempt_of(session: Session, request: TakedownRequest) -> int:
    """Return which time this is that a platform is asked: earlier sent requests and one."""
    earlier = session.scalar(
        select(func.count(TakedownRequest.id)).where(
            TakedownRequest.listing_id == request.listing_id,
            TakedownRequest.sent_at.is_not(None),
            TakedownRequest.attempt < request.attempt,
        )
    )
    return (earlier or 0) + 1


def quotes_of(session: Session, listing_id: int) -> list[Quote]:
    """Return the trade words found in the listing with their gloss, without any score."""
    flag = session.scalar(select(Flag).where(Flag.listing_id == listing_id))
    if flag is None:
        return []
    quotes: list[Quote] = []
    for reason in flag.score.reasons:
        quote = Quote(str(reason.get("text", "")), str(reason.get("gloss") or ""))
        if reason.get("kind") == "term" and one_line(quote.words) and quote not in quotes:
            quotes.append(quote)
    return quotes[:MOST_QUOTES]


def _seller(seller: Seller | None) -> str:
    if seller is None:
        return ""
    same = seller.name in {"", seller.external_id}
    return seller.external_id if same else f"{seller.external_id}, shown as {seller.name}"


def _price(listing: Listing) -> str:
    shown = listing.price_text or (format(listing.price, "f") if listing.price else "")
    return f"{shown} {listing.currency}".strip() if shown else ""


def _offered(decision: Decision, country: str) -> list[Offered]:
    taxa, locale = load_taxa(), LOCALES.get(country, "en")
    offered = []
    for subject in decision.subjects:
        known = subject.taxon in taxa
        english = taxa[subject.taxon].name("en") if known else ""
        local = taxa[subject.taxon].names.get(locale, "") if known else ""
        offered.append(
            Offered(
                scientific_name=subject.taxon,
                english_name=english,
                local_name="" if local == english else local,
                cites_appendix=taxa[subject.taxon].cites_appendix if known else "",
                product=f"{product_name(subject.product)} [{subject.product}]",
                form=subject.form.value,
            )
        )
    return offered


def _laws(decision: Decision, country: str) -> list[Law]:
    laws = [law for subject in decision.subjects for law in _laws_on(subject, country)]
    return list(dict.fromkeys(laws))


def _laws_on(subject: DecisionSubject, country: str) -> list[Law]:
    """Give the rules that can be cited for what is offered, and the group they name if any."""
    standing = law_of(subject.taxon, country, live=subject.form is Form.LIVE)
    if standing is None:
        return []
    name = f"{subject.taxon} (as {standing.level})" if standing.inherited else subject.taxon
    return [
        Law(country, f"{name}: {rule.text}", rule.verified, rule.source)
        for rule in standing.grounds
    ]


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
