"""Erasing personal values of an entry by law: asked with a basis, approved by two others, recorded as an act.

The entry keeps its salted digests, so every proof stays valid and a value put in the place of the erased one is
rejected. Law: 个人信息保护法 arts. 19 and 47; what another law orders to be kept is not erased.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, NotAllowed, Refused
from casework.ledger.models import Disclosure, Entry, Erasure, ErasureApproval
from casework.ledger.record import record
from casework.ledger.selectors import may_read

#: Who may approve; two persons, neither of them the one who asked.
APPROVERS = frozenset({Role.APPROVER, Role.AUDITOR})
ASKERS = frozenset({Role.APPROVER, Role.AUDITOR, Role.CASE_OFFICER})
NEEDED = 2


def may_ask(user: User) -> bool:
    """Tell whether the user may ask for an erasure in what he may read."""
    return not user.roles.isdisjoint(ASKERS)


def may_approve(user: User, erasure: Erasure) -> bool:
    """Tell whether the user may approve this erasure now."""
    return (
        not user.roles.isdisjoint(APPROVERS)
        and user.pk != erasure.asked_by
        and not ErasureApproval.objects.filter(erasure_id=erasure.pk, user_id=user.pk).exists()
    )


def erasures_for(user: User) -> list[tuple[Erasure, Entry]]:
    """Return what waits for this reader's approval, the oldest first, each with the entry that it is about."""
    if user.roles.isdisjoint(APPROVERS):
        return []
    given = ErasureApproval.objects.filter(erasure_id=OuterRef("pk"))
    number = given.order_by().values("erasure_id").annotate(n=Count("pk")).values("n")
    open_ = (
        Erasure.objects.exclude(asked_by=user.pk)
        .filter(~Exists(given.filter(user_id=user.pk)))
        .annotate(given=Coalesce(Subquery(number), 0))
        .filter(given__lt=NEEDED)
        .order_by("pk")
    )
    rows = list(open_[:50])
    entries = Entry.objects.in_bulk([row.entry_id for row in rows]) if rows else {}
    return [
        (row, entries[row.entry_id])
        for row in rows
        if not erased(row) and user.is_commission and may_read(user, entries[row.entry_id].ref)
    ]


def ask_erasure(entry: Entry, names: Sequence[str], *, basis: str, actor: User, at: datetime, reason: str) -> Erasure:
    """Ask to erase the named personal values of the entry. The caller has checked that the actor may read it.

    Raises:
        NotAllowed: the actor has no part in it.
        Invalid: basis or reason is missing, or a name is not among the values that are there.
    """
    if not may_ask(actor):
        raise NotAllowed(_("不能申请删除个人信息：您没有办理这件事的职责。可以请承办人申请。"))
    there = set(Disclosure.objects.filter(entry_id=entry.pk).values_list("name", flat=True))
    chosen = sorted(set(names))
    if not chosen or not there.issuperset(chosen):
        raise Invalid(_("不能申请删除：请选择本条中还在的个人信息。"), details={"names": _("请选择")})
    missing = {name: _("请填写") for name, text in (("basis", basis), ("reason", reason)) if not text.strip()}
    if missing:
        raise Invalid(_("不能申请删除：法律依据和事由都要写明。依据个人信息保护法第四十七条。"), details=missing)
    with transaction.atomic():
        erasure = Erasure.objects.create(
            entry_id=entry.pk, names=chosen, basis=basis.strip(), reason=reason.strip(), asked_by=actor.pk, asked_at=at
        )
        record(
            "disclosure.erasure_asked",
            ref=entry.ref,
            stream=entry.stream,
            actor=actor,
            at=at,
            data={"entry": entry.pk, "names": chosen, "basis": erasure.basis},
            reason=erasure.reason,
        )
    return erasure


def approve_erasure(erasure: Erasure, *, actor: User, at: datetime, reason: str = "") -> Erasure:
    """Approve; with the second approval the values are erased. The caller has checked that the actor may read the entry.

    Raises:
        NotAllowed: the actor asked for it himself, has approved already, or has no part in it.
        Refused: it is done already.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:  # two may approve at the same moment
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 21))", [f"erasure:{erasure.pk}"])
        if erased(erasure):
            raise Refused(_("不能批准：这些个人信息已经删除。"))
        if not may_approve(actor, erasure):
            raise NotAllowed(
                _("不能批准删除：申请人自己不能批准，每人只能批准一次。可以请另一位分管领导或审计员批准。")
            )
        ErasureApproval.objects.create(erasure_id=erasure.pk, user_id=actor.pk, at=at)
        approvals = list(ErasureApproval.objects.filter(erasure_id=erasure.pk).order_by("id"))
        done = len(approvals) >= NEEDED
        entry = Entry.objects.get(pk=erasure.entry_id)
        committed = entry.payload.get("_sd", {})
        facts = {"entry": entry.pk, "names": erasure.names, "basis": erasure.basis}
        if done:
            with connection.cursor() as cursor:
                cursor.execute("select ledger.erase(%s)", [erasure.pk])
            facts |= {
                "digests": {name: committed[name] for name in erasure.names},
                "approvers": [one.user_id for one in approvals],
            }
        record(
            "disclosure.erased" if done else "disclosure.erasure_approved",
            ref=entry.ref,
            stream=entry.stream,
            actor=actor,
            at=at,
            data=facts,
            reason=reason or erasure.reason,
        )
    return erasure


def erased(erasure: Erasure) -> bool:
    """Tell whether the values are gone."""
    return not Disclosure.objects.filter(entry_id=erasure.entry_id, name__in=erasure.names).exists()
