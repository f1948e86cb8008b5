"""Opening compartments, letting people in and out, recusal."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.enums import CompartmentKind, Secrecy
from casework.access.models import Compartment, Grant, Recusal
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record


def open_compartment(
    kind: CompartmentKind,
    name: str,
    *,
    members: list[User],
    actor: User,
    at: datetime,
    secrecy: Secrecy = Secrecy.WORK_SECRET,
) -> Compartment:
    """Open a compartment with its first members; whoever opens it belongs to it."""
    with transaction.atomic():
        compartment = Compartment.objects.create(kind=kind, name=name, secrecy=secrecy, created_at=at)
        day = timezone.localdate(at)
        people = {user.pk: user for user in [actor, *members]}
        Grant.objects.bulk_create(
            Grant(compartment=compartment, user=user, from_on=day, granted_by=actor) for user in people.values()
        )
        record(
            "compartment.opened",
            ref=f"compartment:{compartment.pk}",
            actor=actor,
            at=at,
            data={"kind": kind, "secrecy": secrecy, "members": sorted(people)},
        )
    return compartment


def let_in(compartment: Compartment, user: User, *, actor: User, at: datetime, reason: str = "") -> Grant:
    """Let a person into the compartment; a second time changes nothing."""
    if user.is_administrator:
        raise Invalid(_("不能把三员加入知悉范围：三员不接触案件内容。依据保密要求三员分立。可以改选承办人员。"))
    with transaction.atomic():
        grant, created = Grant.objects.get_or_create(
            compartment=compartment,
            user=user,
            until=None,
            defaults={"from_on": timezone.localdate(at), "granted_by": actor, "reason": reason},
        )
        if created:
            record(
                "compartment.entered",
                ref=f"compartment:{compartment.pk}",
                actor=actor,
                at=at,
                data={"user": user.pk, "name": user.name},
                reason=reason,
            )
    return grant


def let_out(compartment: Compartment, user: User, *, actor: User, at: datetime, reason: str = "") -> None:
    """End the person's belonging to the compartment, at once."""
    with transaction.atomic():
        day = timezone.localdate(at) - timedelta(days=1)
        for grant in Grant.objects.select_for_update().filter(compartment=compartment, user=user, until=None):
            grant.until = max(day, grant.from_on)
            if grant.until > day:
                grant.delete()  # let in and out on one day: the ledger keeps both acts
            else:
                grant.save(update_fields=["until"])
            record(
                "compartment.left",
                ref=f"compartment:{compartment.pk}",
                actor=actor,
                at=at,
                data={"user": user.pk, "name": user.name},
                reason=reason,
            )


def recuse(compartment: Compartment, user: User, *, decided_by: User | None, at: datetime, reason: str) -> Recusal:
    """Keep a person out of the compartment (回避); his own decision is made by somebody else (监察法 67).

    ``decided_by`` is None where a declared tie decides by itself; that is on record all the same.
    """
    if not reason.strip():
        raise Invalid(
            _("不能登记回避：没有写明事由。依据监察法第六十七条。可以写明是近亲属、证人、利害关系或其他情形。")
        )
    with transaction.atomic():
        recusal, created = Recusal.objects.get_or_create(
            compartment=compartment,
            user=user,
            lifted_at=None,
            defaults={"reason": reason, "decided_by": decided_by, "at": at},
        )
        if created:
            record(
                "compartment.recused",
                ref=f"compartment:{compartment.pk}",
                actor=decided_by,
                at=at,
                data={"user": user.pk, "name": user.name, "automatic": decided_by is None},
                reason=reason,
            )
    return recusal


def object_to_recusal(recusal: Recusal, text: str, *, actor: User, at: datetime) -> Recusal:
    """Note what the person holds against it; he stays shut out until a leader decides."""
    if actor.pk != recusal.user_id:
        raise Refused(_("只有本人可以对回避提出异议。"), code="not_self")
    if not text.strip():
        raise Invalid(_("没有写明异议。"), details={"objection": _("写明为什么不应当回避")})
    with transaction.atomic():
        row = Recusal.objects.select_for_update().get(pk=recusal.pk)
        if row.lifted_at is not None:
            raise Refused(_("这项回避已经解除。"), code="lifted")
        row.objection, row.objected_at = text.strip(), at
        row.save(update_fields=["objection", "objected_at"])
        record(
            "compartment.recusal_objected",
            ref=f"compartment:{row.compartment_id}",
            actor=actor,
            at=at,
            data={"user": row.user_id},
            reason=text,
        )
    return row


def lift_recusal(recusal: Recusal, *, decided_by: User, at: datetime, reason: str) -> Recusal:
    """End a recusal by the decision of somebody else; the person must be let in anew to know of anything."""
    if decided_by.pk == recusal.user_id:
        raise Refused(
            _("不能决定自己的回避。依据监察法实施条例第二百九十六条。可以由本机关主要负责人决定。"),
            code="own_recusal",
            article=_("监察法实施条例第二百九十六条"),
        )
    if not reason.strip():
        raise Invalid(_("没有写明解除回避的理由。"), details={"reason": _("写明理由")})
    with transaction.atomic():
        row = Recusal.objects.select_for_update(of=("self",)).get(pk=recusal.pk)
        if row.lifted_at is not None:
            return row
        row.lifted_by, row.lifted_at, row.lifted_reason = decided_by, at, reason.strip()[:200]
        row.save(update_fields=["lifted_by", "lifted_at", "lifted_reason"])
        record(
            "compartment.recusal_lifted",
            ref=f"compartment:{row.compartment_id}",
            actor=decided_by,
            at=at,
            data={"user": row.user_id},
            reason=reason,
        )
    return row


def end_emergency(grant: Grant, *, actor: User, at: datetime, reason: str) -> Grant:
    """End access taken in an emergency before its hour; the act above guards it and tells the one who had it."""
    if not reason.strip():
        raise Invalid(_("没有收回：要写明为什么收回。"), details={"reason": _("请填写")})
    with transaction.atomic():
        row = Grant.objects.select_for_update(of=("self",)).get(pk=grant.pk, emergency=True)
        if row.until_at is None or row.until_at <= at:
            raise Refused(_("不必收回：这次应急调阅已经到时，或者已经收回。"), code="over")
        row.until_at, row.until = at, timezone.localdate(at)
        row.save(update_fields=["until_at", "until"])
        record(
            "compartment.emergency_ended",
            ref=f"compartment:{row.compartment_id}",
            actor=actor,
            at=at,
            data={"user": row.user_id, "name": row.user.name, "until_at": at},
            reason=reason.strip(),
        )
    return row


def let_in_for(compartment: Compartment, user: User, *, until_at: datetime, at: datetime, reason: str) -> Grant:
    """Give access that ends by itself (应急调阅); the act above guards it and tells the security administrators."""
    with transaction.atomic():
        grant = Grant.objects.create(
            compartment=compartment,
            user=user,
            from_on=timezone.localdate(at),
            until=timezone.localdate(until_at),
            until_at=until_at,
            emergency=True,
            reason=reason[:200],
            granted_by=user,
        )
        record(
            "compartment.opened_in_emergency",
            ref=f"compartment:{compartment.pk}",
            actor=user,
            at=at,
            data={"user": user.pk, "name": user.name, "until_at": until_at},
            reason=reason,
        )
    return grant
