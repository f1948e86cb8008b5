"""Who works on a case: joining, leaving and standing back, with the sides of the case kept apart."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import OVER, SIDE_OF, Duty, Side
from cases.models import Case, CaseMember
from cases.selectors.cases import joined_into, people_on, ref_of
from cases.services.integrity import refuse_tied
from casework.access.models import Recusal
from casework.access.policy import require
from casework.access.services.compartments import let_in, let_out, recuse
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.ledger.record import record

#: The duty that a member's role brings, the first that fits.
_BY_ROLE = (
    (Role.CASE_OFFICER, Duty.OFFICER),
    (Role.HEARING_OFFICER, Duty.HEARER),
    (Role.APPROVER, Duty.DECIDER),
    (Role.CUSTODIAN, Duty.CUSTODIAN),
)


def duty_by_role(user: User) -> Duty:
    """Return what a member of this role does in a case."""
    for role, duty in _BY_ROLE:
        if user.has_role(role):
            return duty
    raise Invalid(
        _("不能加入%(name)s：因为%(name)s没有办案、审理、审批或者保管的职责。可以先任命，再加入。")
        % {"name": user.name},
        details={"members": _("选有办案职责的人")},
    )


def add_member(
    case: Case, user: User, *, actor: User, at: datetime, duty: Duty | str = "", reason: str = ""
) -> CaseMember:
    """Let somebody work on the case; refuses whoever has worked on another side of it or is recused."""
    wanted = Duty(duty) if duty else duty_by_role(user)
    side = SIDE_OF[wanted]
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.staff", case)
        _check_joins(case, user, side)
        refuse_tied(case, user, at)
        present: CaseMember | None = case.members.filter(user=user, until__isnull=True).first()
        if present is not None:
            return present
        # What was joined into the case lies in the circles of those cases: whoever works on it knows of all of it.
        for one in [case, *joined_into(case)]:
            let_in(one.compartment, user, actor=actor, at=at, reason=reason)
        member: CaseMember = CaseMember.objects.create(
            case=case, user=user, duty=wanted, side=side, from_on=timezone.localdate(at), reason=reason
        )
        _touch(case, at)
        record(
            "case.member_joined",
            ref=ref_of(case),
            actor=actor,
            at=at,
            data={"user": user.pk, "name": user.name, "duty": wanted},
            reason=reason,
        )
    return member


def _check_joins(case: Case, user: User, side: Side) -> None:
    if Recusal.objects.standing().filter(compartment=case.compartment_id, user=user).exists():
        raise Refused(
            _("不能加入%(name)s：因为%(name)s已在本案回避。依据监察法第六十七条。可以另选一人。") % {"name": user.name},
            code="recused",
            article=_("监察法第六十七条"),
        )
    whole = [case, *joined_into(case)]  # whoever investigated what was joined to the case does not hear it either
    other = CaseMember.objects.filter(case__in=whole, user=user).exclude(side=side).order_by("pk").first()
    if other is None:
        return
    if side == Side.HEAR:
        raise Refused(
            _(
                "不能由%(name)s审理：因为%(name)s参与过本案%(side)s。依据监察法实施条例第二百二十二条第三款。可以另选一名审理人员。"
            )
            % {"name": user.name, "side": other.get_side_display()},
            code="side_taken",
            article=_("监察法实施条例第二百二十二条第三款"),
        )
    raise Refused(
        _("不能加入%(name)s：因为%(name)s在本案承担%(side)s。依据监督执纪工作规则第十一条。可以另选一人。")
        % {"name": user.name, "side": other.get_side_display()},
        code="side_taken",
        article=_("监督执纪工作规则第十一条"),
    )


def remove_member(case: Case, user: User, *, actor: User, at: datetime, reason: str) -> CaseMember:
    """Take somebody off the case (transferred, released); he no longer knows of it from this moment."""
    if not reason.strip():
        raise Invalid(_("没有写明退出的事由。"), details={"reason": _("写明事由，例如“调离第三审查调查室”")})
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.staff", case)
        member: CaseMember | None = case.members.filter(user=user, until__isnull=True).first()
        if member is None:
            raise Refused(_("%(name)s不在本案的办案人员中。") % {"name": user.name}, code="no_member")
        if case.state not in OVER and len(people_on(case, Side.INVESTIGATE)) == 1 and member.side == Side.INVESTIGATE:
            raise Refused(
                _("不能退出：因为%(name)s是本案仅有的承办人。可以先增派，再退出。") % {"name": user.name},
                code="last_officer",
            )
        _end(member, at)
        _leave(case, user, actor=actor, at=at, reason=reason)
        _touch(case, at)
        record(
            "case.member_left",
            ref=ref_of(case),
            actor=actor,
            at=at,
            data={"user": user.pk, "name": user.name, "duty": member.duty},
            reason=reason,
        )
    return member


def recuse_member(case: Case, user: User, *, actor: User, at: datetime, reason: str) -> Recusal:
    """Decide that somebody stands back (回避); nobody decides on himself (监察法实施条例第二百九十六条)."""
    with transaction.atomic():
        case = Case.locked(case.pk)
        require(actor, "case.recuse", case)
        if user.pk == actor.pk:
            raise Refused(
                _("不能决定自己的回避。依据监察法实施条例第二百九十六条。可以由本机关主要负责人决定。"),
                code="own_recusal",
                article=_("监察法实施条例第二百九十六条"),
            )
        decision = recuse(case.compartment, user, decided_by=actor, at=at, reason=reason)
        for member in case.members.filter(user=user, until__isnull=True):
            _end(member, at)
        _leave(case, user, actor=actor, at=at, reason=reason)
        _touch(case, at)
        record(
            "case.member_recused",
            ref=ref_of(case),
            actor=actor,
            at=at,
            data={"user": user.pk, "name": user.name},
            reason=reason,
        )
    return decision


def _leave(case: Case, user: User, *, actor: User, at: datetime, reason: str) -> None:
    """End what he knew of the case and of those that were joined into it."""
    for one in [case, *joined_into(case)]:
        let_out(one.compartment, user, actor=actor, at=at, reason=reason)


def _end(member: CaseMember, at: datetime) -> None:
    day: date = timezone.localdate(at)
    member.until = max(day, member.from_on)
    member.save(update_fields=["until"])


def _touch(case: Case, at: datetime) -> None:
    case.updated_at = at
    case.bump("updated_at")
