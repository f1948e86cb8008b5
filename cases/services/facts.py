"""Facts to be proved, and which evidence speaks for or against them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cases.enums import Stance
from cases.models import Case, Exhibit, Fact, Suspect
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused, Stale
from casework.ledger.record import record
from evidence.models import Item


def state_fact(case: Case, statement: str, *, actor: User, at: datetime, suspects: list[Suspect] | None = None) -> Fact:
    """Add a fact that has to be proved; the next number of the case is given."""
    _need_statement(statement)
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.investigate", case)
        for suspect in suspects or []:
            if suspect.case_id != case.pk:
                raise Invalid(
                    _("%(name)s不在本案中。") % {"name": suspect.name}, details={"suspects": _("选本案的人员")}
                )
        last = case.facts.order_by("-number").values_list("number", flat=True).first() or 0
        fact = Fact.objects.create(case=case, number=last + 1, statement=statement.strip())
        fact.suspects.set(suspects or [])
        _touch(case, at)
        record(
            "fact.stated",
            ref=f"fact:{fact.pk}",
            stream=f"case:{case.pk}",
            actor=actor,
            at=at,
            data={"number": fact.number, "statement": fact.statement, "suspects": sorted(s.pk for s in suspects or [])},
        )
    return fact


def amend_fact(
    fact: Fact,
    *,
    actor: User,
    at: datetime,
    expected_version: int | None = None,
    statement: str | None = None,
    lone_reason: str | None = None,
    contradiction_note: str | None = None,
) -> Fact:
    """Reword a fact, say why a lone proof suffices (孤证说明) or how a contradiction is resolved (矛盾说明)."""
    given = {"statement": statement, "lone_reason": lone_reason, "contradiction_note": contradiction_note}
    values = {field: value.strip() for field, value in given.items() if value is not None}
    if "statement" in values:
        _need_statement(values["statement"])
    with transaction.atomic():
        case = Case.locked(fact.case_id)
        require(actor, "case.investigate", case)
        row = Fact.locked(fact.pk)
        if expected_version is not None and row.version != expected_version:
            raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": row.version})
        _need_live(row)
        changed = {field: value for field, value in values.items() if getattr(row, field) != value}
        if not changed:
            return row
        data = {field: {"old": getattr(row, field), "new": value} for field, value in changed.items()}
        for field, value in changed.items():
            setattr(row, field, value)
        row.bump(*changed)
        _touch(case, at)
        record("fact.amended", ref=f"fact:{row.pk}", stream=f"case:{case.pk}", actor=actor, at=at, data=data)
    return row


def drop_fact(fact: Fact, *, actor: User, at: datetime, reason: str) -> Fact:
    """Stop holding the fact against anybody; it stays on record with the reason."""
    if not reason.strip():
        raise Invalid(_("没有写明不再认定的理由。"), details={"reason": _("写明理由")})
    with transaction.atomic():
        case = Case.locked(fact.case_id)
        require(actor, "case.investigate", case)
        row = Fact.locked(fact.pk)
        _need_live(row)
        row.dropped_at, row.dropped_reason = at, reason.strip()
        row.bump("dropped_at", "dropped_reason")
        _touch(case, at)
        record(
            "fact.dropped",
            ref=f"fact:{row.pk}",
            stream=f"case:{case.pk}",
            actor=actor,
            at=at,
            data={"number": row.number},
            reason=reason,
        )
    return row


def cite_item(
    fact: Fact, item: Item, *, stance: Stance | str, actor: User, at: datetime, label: str = "", note: str = ""
) -> Exhibit:
    """Say that an item speaks for or against the fact; a second time changes stance and note.

    What newly speaks against a fact opens it again: an explanation of how a contradiction is resolved was written of the
    evidence that there was, and has to be written anew. The old one stays in the ledger.
    The actor must know of the item. ``label`` is its short name at the head of the matrix.
    """
    stance = Stance(stance)
    with transaction.atomic():
        case = Case.locked(fact.case_id)
        require(actor, "case.investigate", case)
        row = Fact.locked(fact.pk)
        _need_live(row)
        if not Item.objects.visible_to(actor).filter(pk=item.pk).exists():
            raise Invalid(_("没有这件证物，或您无权知悉。"), details={"item": _("选您知悉的证物")})
        used = Exhibit.objects.filter(case=case, item=item).order_by("pk").first()
        short = (label or (used.label if used else "") or item.title)[:20]
        exhibit, new = Exhibit.objects.get_or_create(
            fact=row,
            item=item,
            defaults={"case": case, "stance": stance, "label": short, "note": note, "by": actor, "at": at},
        )
        old = "" if new else exhibit.stance
        if not new:
            if (exhibit.stance, exhibit.label, exhibit.note) == (stance, short, note):
                return exhibit
            exhibit.stance, exhibit.label, exhibit.note, exhibit.by, exhibit.at = stance, short, note, actor, at
            exhibit.save(update_fields=["stance", "label", "note", "by", "at"])
        reopened = row.contradiction_note if stance == Stance.AGAINST != old else ""
        if reopened:
            row.contradiction_note = ""
            row.bump("contradiction_note")
        _touch(case, at)
        data = {"case": case.number, "fact": row.number, "stance": stance, "old": old, "label": short, "note": note}
        record(
            "exhibit.cited",
            ref=f"item:{item.pk}",
            stream=f"case:{case.pk}",
            actor=actor,
            at=at,
            data={**data, **({"reopened": reopened} if reopened else {})},
        )
    return exhibit


def uncite_item(exhibit: Exhibit, *, actor: User, at: datetime, reason: str) -> None:
    """Take an item away from a fact; the ledger keeps that it was cited, and why it no longer is."""
    if not reason.strip():
        raise Invalid(_("没有写明理由。"), details={"reason": _("写明为什么不再用它证明")})
    with transaction.atomic():
        case = Case.locked(exhibit.case_id)
        require(actor, "case.investigate", case)
        row = Exhibit.objects.select_for_update().filter(pk=exhibit.pk).first()
        if row is None:
            raise Refused(_("这项证明关系已经撤下。"), code="gone")
        item_id, number, stance = row.item_id, row.fact.number, row.stance
        row.delete()
        _touch(case, at)
        record(
            "exhibit.uncited",
            ref=f"item:{item_id}",
            stream=f"case:{case.pk}",
            actor=actor,
            at=at,
            data={"case": case.number, "fact": number, "stance": stance},
            reason=reason,
        )


def note_matrix_export(case: Case, rows: int, *, actor: User, at: datetime) -> None:
    """Record that somebody took the proof matrix of the case as a file; committed before its first byte leaves."""
    with transaction.atomic():
        record("case.matrix_exported", ref=f"case:{case.pk}", actor=actor, at=at, data={"rows": rows})


def _need_statement(statement: str) -> None:
    if not statement.strip():
        raise Invalid(_("没有写明待证事实。"), details={"statement": _("写一件具体的事，例如“用办公电脑“挖矿””")})
    if len(statement.strip()) > 300:
        raise Invalid(_("待证事实最多 300 个字。"), details={"statement": _("分成几项写")})


def _need_live(fact: Fact) -> None:
    if fact.dropped_at is not None:
        raise Refused(_("不能修改：因为这项事实已不再认定。可以另列一项。"), code="dropped")


def _touch(case: Case, at: datetime) -> None:
    case.updated_at = at
    case.bump("updated_at")
