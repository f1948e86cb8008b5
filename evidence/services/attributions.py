"""Writes on attributions. Rules find, officers rate, a second officer reviews; nothing here touches a penalty."""

import hashlib
import json
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record
from evidence.attribution.chain import Traced, build
from evidence.attribution.facts import Fact
from evidence.attribution.weight import Fit, Hypothesis, Judgement, judge
from evidence.attribution_enums import AddedKind, AttributionState, ReviewVerdict
from evidence.models import (
    Attribution,
    AttributionEdition,
    AttributionEvidence,
    AttributionReview,
    Item,
    ItemFile,
    LogEvent,
    LogFinding,
    LogKeeper,
    LogRun,
)
from evidence.selectors.attribution_facts import Gathered, gather
from evidence.selectors.attributions import exhibit_of, newest_edition, span_of_finding, standing_evidence
from evidence.selectors.log_bytes import bytes_of

#: Told with every edition, so that a reader knows by which rules it was made.
RULES: Final = "2026.11.3"
#: Bytes of a record that an edition quotes.
QUOTED: Final = 600


def open_attribution(
    *, actor: User, at: datetime, event: LogEvent | None = None, finding: LogFinding | None = None
) -> Attribution:
    """Ask who did it: of one event, or of the stretch of a finding. The chain is worked out at once."""
    origin = event or finding
    if origin is None:
        raise Invalid(_("没有写明查哪一个行为。可以从事件或缺失处开始。"))
    item = origin.item
    require(actor, "evidence.attribute", item)
    if event is not None and event.ts is None:
        raise Invalid(_("不能查是谁做的：这条记录没有时间。可以另找有时间的记录。"))
    with transaction.atomic():
        Item.locked(item.pk)
        if event is not None:
            known: Attribution | None = Attribution._base_manager.filter(event=event).first()
            if known is not None:
                return known
            assert event.ts is not None  # noqa: S101 (refused above)
            span = (event.ts, event.ts)
        else:
            assert finding is not None  # noqa: S101 (one of the two)
            span = span_of_finding(finding)
        row = Attribution(
            number=f"{item.number}-归{Attribution._base_manager.filter(item=item).count() + 1}",
            compartment_id=item.compartment_id, item=item, event=event, finding=finding, since=span[0], until=span[1],
            opened_at=at, opened_by=actor, updated_at=at, outcome="session",
        )  # fmt: skip
        judged, content = _worked_out(row)
        row.outcome = judged.outcome.value
        row.save()
        record(
            "attribution.opened", ref=row.ref, actor=actor, at=at,
            data={
                "number": row.number, "item": item.number, "event": event.pk if event else None,
                "finding": finding.pk if finding else None, "since": span[0], "until": span[1],
            },
        )  # fmt: skip
        _add_edition(row, judged, content, actor, at)
    return row


def work_out_again(attribution: Attribution, *, actor: User, at: datetime) -> AttributionEdition:
    """Work the chain out anew from all readings of now; what comes to the same makes no new edition.

    A changed chain needs a new review.
    """
    require(actor, "evidence.attribute", attribution)
    with transaction.atomic():
        row = Attribution.locked(attribution.pk)
        edition = _renew(row, actor, at)
    attribution.refresh_from_db()
    return edition


def _renew(row: Attribution, actor: User, at: datetime) -> AttributionEdition:
    judged, content = _worked_out(row)
    last = newest_edition(row)
    if _digest(content) == last.digest:
        return last
    edition = _add_edition(row, judged, content, actor, at)
    row.outcome, row.state, row.updated_at = judged.outcome.value, AttributionState.LEAD, at
    row.bump("outcome", "state", "updated_at")
    return edition


def add_attribution_evidence(
    attribution: Attribution,
    *,
    kind: AddedKind,
    text: str,
    source: str,
    fits: dict[str, int],
    actor: User,
    at: datetime,
    person: str = "",
    account: str = "",
    since: datetime | None = None,
    replaces: AttributionEvidence | None = None,
) -> AttributionEvidence:
    """Add an explanation, a testimony, a roster or a disclosure, rated under every possibility; the chain is weighed anew."""
    require(actor, "evidence.attribute", attribution)
    wrong = {name: _("须填写") for name, value in (("text", text), ("source", source)) if not value.strip()}
    if kind in {AddedKind.EXPLANATION, AddedKind.TESTIMONY, AddedKind.DISCLOSURE} and not person.strip():
        wrong["person"] = _("写明是谁")
    if kind == AddedKind.DISCLOSURE and not account.strip():
        wrong["account"] = _("写明哪个账号的口令")
    for one in Hypothesis:
        if fits.get(one.value) not in list(Fit):
            wrong[f"fit_{one.value}"] = _("五种可能都要评")
    if replaces is not None and (replaces.attribution_id != attribution.pk or hasattr(replaces, "replaced_by")):
        wrong["replaces"] = _("已被取代，或不属于这张卡片")
    if wrong:
        raise Invalid(_("不能补充材料：没有填全。可以补上标出的各项。"), details=wrong)
    with transaction.atomic():
        row = Attribution.locked(attribution.pk)
        added = AttributionEvidence.objects.create(
            attribution=row, kind=kind, person=person.strip(), account=account.strip()[:200], text=text.strip(), source=source.strip()[:200],
            since=since, fits={one.value: int(fits[one.value]) for one in Hypothesis}, replaces=replaces, added_at=at, added_by=actor,
        )  # fmt: skip
        record(
            "attribution.evidence_added", ref=row.ref, actor=actor, at=at,
            data={
                "number": row.number, "evidence": added.pk, "kind": kind, "source": added.source, "fits": added.fits,
                "account": added.account, "replaces": replaces.pk if replaces else None,
            },
            personal={"person": added.person, "text": added.text},
        )  # fmt: skip
        _renew(row, actor, at)
    attribution.refresh_from_db()
    return added


def submit_attribution(attribution: Attribution, *, actor: User, at: datetime) -> Attribution:
    """Hand the newest edition to a second officer."""
    require(actor, "evidence.attribute", attribution)
    with transaction.atomic():
        row = Attribution.locked(attribution.pk)
        if row.state not in {AttributionState.LEAD, AttributionState.RETURNED}:
            raise Refused(_("不能送复核：它已在复核中或已有结论。可以先看复核意见。"), code="attribution_state")
        row.state, row.updated_at = AttributionState.SUBMITTED, at
        row.bump("state", "updated_at")
        record(
            "attribution.submitted", ref=row.ref, actor=actor, at=at,
            data={"number": row.number, "edition": newest_edition(row).serial, "outcome": row.outcome},
        )  # fmt: skip
    return row


def review_attribution(
    attribution: Attribution,
    *,
    verdict: ReviewVerdict,
    actor: User,
    at: datetime,
    note: str = "",
) -> AttributionReview:
    """Say whether each step holds. Only one who neither opened it, nor made the edition, nor added to it may review."""
    require(actor, "evidence.review_attribution", attribution)
    with transaction.atomic():
        row = Attribution.locked(attribution.pk)
        edition = newest_edition(row)
        if row.state != AttributionState.SUBMITTED:
            raise Refused(_("不能复核：它没有送复核。可以请承办人送复核。"), code="attribution_state")
        hands = {row.opened_by_id, edition.made_by_id, *row.added.values_list("added_by_id", flat=True)}
        if actor.pk in hands:
            raise Refused(
                _("不能复核：您参与了这张卡片的推演或材料。依据两人办理、分别负责的要求。可以请另一名办案人员复核。"),
                code="attribution_own",
            )
        if verdict != ReviewVerdict.AGREED and not note.strip():
            raise Invalid(_("没有写明理由。退回或不采用须写明理由。"), details={"note": _("须填写")})
        review = AttributionReview.objects.create(
            attribution=row, edition=edition, verdict=verdict, note=note.strip(), at=at, reviewer=actor
        )
        row.state = {
            ReviewVerdict.AGREED: AttributionState.REVIEWED,
            ReviewVerdict.RETURNED: AttributionState.RETURNED,
            ReviewVerdict.REJECTED: AttributionState.REJECTED,
        }[verdict]
        row.updated_at = at
        row.bump("state", "updated_at")
        record(
            "attribution.reviewed", ref=row.ref, actor=actor, at=at,
            data={
                "number": row.number, "edition": edition.serial, "digest": edition.digest, "verdict": verdict, "outcome": edition.outcome,
                "strength": edition.strength,
            },
            personal={"note": note.strip()},
        )  # fmt: skip
    return review


def name_log_keeper(
    file: ItemFile, *, keeper: str, basis: str, actor: User, at: datetime, administrators: str = ""
) -> LogKeeper:
    """State who keeps the source of a file and who had the rights to change it; names are parted by 、."""
    require(actor, "evidence.attribute", file.item)
    wrong = {name: _("须填写") for name, value in (("keeper", keeper), ("basis", basis)) if not value.strip()}
    if wrong:
        raise Invalid(_("没有写全。保管人和依据须写明。"), details=wrong)
    with transaction.atomic():
        row = LogKeeper.objects.create(
            file=file,
            keeper=keeper.strip()[:120],
            administrators=administrators.strip(),
            basis=basis.strip()[:300],
            set_at=at,
            set_by=actor,
        )
        record(
            "item.log_keeper_named", ref=f"item:{file.item_id}", actor=actor, at=at,
            data={"number": file.item.number, "file": file.pk, "keeper": row.keeper, "basis": row.basis},
            personal={"administrators": row.administrators},
        )  # fmt: skip
    return row


def _worked_out(row: Attribution) -> tuple[Judgement, dict[str, Any]]:
    found = gather(row)
    traced = build(found.given)
    added = [exhibit_of(one) for one in standing_evidence(row)] if row.pk else []
    judged = judge(traced, found.facts, found.sources, added)
    return judged, _content(traced, judged, found)


def _add_edition(
    row: Attribution, judged: Judgement, content: dict[str, Any], actor: User, at: datetime
) -> AttributionEdition:
    serial = (row.editions.aggregate(last=Max("serial"))["last"] or 0) + 1
    edition = AttributionEdition.objects.create(
        attribution=row, serial=serial, rules=RULES, outcome=judged.outcome.value, strength=int(judged.strength), person=judged.person,
        content=content, digest=_digest(content), made_at=at, made_by=actor,
    )  # fmt: skip
    record(
        "attribution.worked_out", ref=row.ref, actor=actor, at=at,
        data={
            "number": row.number, "edition": serial, "rules": RULES, "digest": edition.digest, "outcome": edition.outcome,
            "strength": edition.strength, "caps": judged.caps, "records": sorted(int(key) for key in content["records"]),
        },
        personal={"person": judged.person},
    )  # fmt: skip
    return edition


def _digest(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _content(traced: Traced, judged: Judgement, found: Gathered) -> dict[str, Any]:
    """Return the edition as plain values: links, judgement, and every record that they stand on with its raw bytes."""
    keys = [found.given.act.key, *traced.chain.fact_keys(), *(key for one in judged.exhibits for key in one.facts)]
    places = {row.pk: row for row in LogEvent._base_manager.filter(pk__in=set(keys))}
    return {
        "act": {"key": found.given.act.key, "at": found.given.act.ts, "err": found.given.act.err},
        "automatic": traced.chain.automatic,
        "links": [
            {
                "rule": link.rule.value, "path": link.path.value, "state": link.state.value, "said": link.said, "notes": link.notes,
                "ask": link.ask, "aside": link.aside,
                "options": [{"value": one.value, "person": one.person, "facts": list(one.facts)} for one in link.options],
            }
            for link in traced.chain.links
        ],
        "judgement": {
            "outcome": judged.outcome.value, "person": judged.person, "strength": int(judged.strength), "caps": judged.caps,
            "counted": [path.value for path in judged.counted], "controlled": judged.controlled, "cut": judged.cut, "asks": judged.asks,
            "refutes": judged.refutes, "order": [one.value for one in judged.order],
            "words": {one.value: int(word) for one, word in judged.words.items()},
            "exhibits": [
                {
                    "code": one.code, "kind": one.kind, "fits": {name.value: fit for name, fit in one.fits.items()},
                    "facts": list(one.facts), "person": one.person, "key": one.key,
                }
                for one in judged.exhibits
            ],
        },
        "records": {
            str(key): _record(found.facts[key], places[key], found) for key in dict.fromkeys(keys) if key in places and key in found.facts
        },
    }  # fmt: skip


def _record(fact: Fact, place: LogEvent, found: Gathered) -> dict[str, Any]:
    run: LogRun = found.runs[fact.run]
    read = bytes_of(run, place.member, place.raw_offset, min(place.raw_length, QUOTED))
    source = found.sources.get(fact.run)
    return {
        "run": run.pk, "file": run.file_id, "name": run.file.name, "item": run.file.item_id, "number": run.file.item.number,
        "sha256": run.file.blob.sha256, "member": place.member, "offset": place.raw_offset, "length": place.raw_length,
        "text": read.own if read is not None else "", "at": fact.ts, "err": fact.err, "stated": fact.stated, "action": fact.action,
        "keeper": source.name if source else "", "administrators": sorted(source.administrators) if source else [],
    }  # fmt: skip
