"""What every step of a penalty shares: lock, check the table, move, write the entry, keep the clocks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.enums import Side
from cases.enums_penalties import PenaltyState
from cases.models import Penalty
from cases.penalty_workflow import BY_NAME, PenaltyStep, readiness
from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, NotReady, Refused, Stale
from casework.deadlines.enums import LIVE
from casework.deadlines.models import Deadline
from casework.deadlines.services.lifecycle import cancel_deadline, meet_deadline, open_deadline
from casework.ledger.record import record
from casework.notices.services.owing import Owed, owe_notices


def ref_of(penalty: Penalty) -> str:
    """Return the text reference of the penalty in ledger, deadlines and notices."""
    return f"penalty:{penalty.pk}"


def begin(
    penalty: Penalty, name: str, *, actor: User, at: datetime, expected_version: int | None, reason: str | None = None
) -> tuple[Penalty, PenaltyStep]:
    """Return the penalty locked and the step, when everything the table asks for is in order.

    Raises Stale, Refused (it stands elsewhere, or the moment is before the last step), NotAllowed, Invalid (no reason
    where one is needed) or NotReady with all that is missing. Must run inside the step's transaction.
    """
    step = BY_NAME[name]
    locked: Penalty = Penalty.locked(penalty.pk)
    if expected_version is not None and expected_version != locked.version:
        raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"), details={"version": locked.version})
    if not step.begins(locked):
        said = {"step": step.label, "name": locked.suspect.name, "state": locked.get_state_display()}
        raise Refused(
            _("不能%(step)s：因为%(name)s的处分（处理）%(state)s。可以刷新后看下一步。") % said, code="wrong_state"
        )
    require(actor, f"penalty.{name}", locked)
    if at < locked.state_since:
        words = _("不能%(step)s：因为时间早于上一环节。可以填写上一环节以后的时间。")
        raise Refused(words % {"step": step.label}, code="wrong_order")
    if step.needs_reason and not (reason or "").strip():
        words = _("不能%(step)s：没有写明意见。可以写明理由再办。") % {"step": step.label}
        raise Invalid(words, details={"reason": _("写明理由")})
    missing, _met = readiness(locked, step, timezone.localdate(at))
    if missing:
        words = ngettext(
            "不能%(step)s：因为还差 %(n)d 项。可以逐项补齐。",
            "不能%(step)s：因为还差 %(n)d 项。可以逐项补齐。",
            len(missing),
        )
        raise NotReady(words % {"step": step.label, "n": len(missing)}, missing)
    return locked, step


def move(
    penalty: Penalty,
    step: PenaltyStep,
    *,
    actor: User,
    at: datetime,
    data: Mapping[str, Any],
    fields: Sequence[str] = (),
    to: PenaltyState | None = None,
    personal: Mapping[str, str] | None = None,
    reason: str = "",
    officers: tuple[User, ...] = (),
) -> Penalty:
    """Bring the penalty into the step's state and write its one entry."""
    before = penalty.state
    target = to or step.to
    if target is not None:
        penalty.state = target
        penalty.state_since = at
    penalty.updated_at = at
    penalty.bump("state", "state_since", "updated_at", "returned", *fields)
    record(
        f"penalty.{_KINDS[step.name]}",
        ref=ref_of(penalty),
        actor=actor,
        at=at,
        data={"from": before, "to": penalty.state, "draft": penalty.draft, **data},
        personal={"name": penalty.suspect.name, **(personal or {})},
        reason=reason,
        officers=officers,
    )
    return penalty


_KINDS = {
    "inform": "informed",
    "consult": "consulted",
    "deliberate": "deliberated",
    "approve": "approved",
    "return": "returned",
    "decline": "declined",
    "issue": "issued",
    "serve": "served",
    "announce": "announced",
    "execute": "execution_begun",
    "finish": "executed",
    "restore": "rights_restored",
    "extend": "probation_extended",
    "station": "station_registered",
    "sign": "signed",
    "expire": "expired",
    "void": "voided",
}


def refuse_input(wrong: Mapping[str, str]) -> None:
    """Raise Invalid with everything that is wrong, each at its field; nothing when nothing is."""
    if wrong:
        words = "；".join(wrong.values())
        raise Invalid(
            ngettext("有 %(n)d 处要改：%(what)s。", "有 %(n)d 处要改：%(what)s。", len(wrong))
            % {"n": len(wrong), "what": words},
            details=wrong,
        )


def two(actor: User, second: User | None) -> User:
    """Return the second officer; refuses when there is none or when it is the actor himself."""
    if second is None or second.pk == actor.pk:
        raise Refused(
            _("不能登记：因为须由两名以上办理人员进行。可以填写另一名办理人员。"),
            code="two_officers",
            details={"second_officer": _("选另一名办理人员")},
        )
    return second


def start_clock(penalty: Penalty, kind: str, *, title: str, actor: User, at: datetime) -> None:
    """Start a time limit of the decision; it runs from the effective day."""
    open_deadline(
        ref_of(penalty),
        kind,
        start_on=penalty.effective_on or timezone.localdate(at),
        title=title,
        holder=penalty.drafted_by,
        compartment=penalty.suspect.case.compartment,
        actor=actor,
        at=at,
    )


def end_clocks(penalty: Penalty, *kinds: str, actor: User, at: datetime, cancel: str = "") -> None:
    """Meet the live time limits of these kinds, or void them with the reason ``cancel``."""
    rows = Deadline.objects.filter(ref=ref_of(penalty), state__in=LIVE)
    for deadline in rows.filter(kind__in=kinds) if kinds else rows:
        if cancel:
            cancel_deadline(deadline, actor=actor, at=at, reason=cancel)
        else:
            meet_deadline(deadline, actor=actor, at=at)


def tell_deciders(penalty: Penalty, *, at: datetime) -> None:
    """Owe the deciders of the case a notice that a draft waits for them."""
    case = penalty.suspect.case
    members = case.members.filter(side=Side.DECIDE, until__isnull=True).select_related("user")
    owe_notices(
        [
            Owed(
                key=f"penalty-waits:{penalty.pk}:{penalty.draft}:{penalty.version}:user:{member.user_id}",
                to_id=member.user_id,
                kind="penalty.waits",
                title=_("待您审批：%(name)s的处分（处理）建议") % {"name": penalty.suspect.name},
                ref=ref_of(penalty),
                url=reverse("cases:penalty-approval", args=[penalty.pk]),
                compartment_id=case.compartment_id,
            )
            for member in members
        ],
        at=at,
    )
