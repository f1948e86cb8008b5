"""The one place that moves a self-inspection from state to state."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, NotReady, Refused
from casework.ledger.record import record
from units.enums_campaign import InspectionState
from units.inspection_workflow import BY_NAME, OFFICE, Step, missing_for
from units.models import SelfInspection, UnitLeader
from units.policy_campaign import require_leader

#: The ledger's word for each step.
KINDS = {
    "acknowledge": "selfinspection.acknowledged",
    "submit": "selfinspection.submitted",
    "withdraw": "selfinspection.withdrawn",
    "start_review": "selfinspection.review_started",
    "return": "selfinspection.returned",
    "spot_check": "selfinspection.spot_check_started",
    "verify": "selfinspection.verified",
    "accept": "selfinspection.accepted",
    "rectify": "selfinspection.rectifying",
    "rectified": "selfinspection.rectified",
    "relapse": "selfinspection.relapsed",
    "reopen": "selfinspection.reopened",
    "close": "selfinspection.closed",
}


def locked(inspection: SelfInspection) -> SelfInspection:
    """Return the inspection locked until the transaction ends; writers of its answers and rows come through here."""
    return (
        SelfInspection._base_manager.select_for_update(of=("self",))
        .select_related("unit__merged_into", "stage", "campaign_unit__campaign__compartment", "leader")
        .get(pk=inspection.pk)
    )


def begin(row: SelfInspection, name: str, *, actor: User, at: datetime, reason: str = "") -> UnitLeader | None:
    """Check everything about the step on the locked row: who, from which state, with what still missing.

    Returns the leadership in whose name a unit's step is taken. Raises ``NotAllowed``, ``Refused`` or ``NotReady``.
    """
    step = BY_NAME[name]
    leader = None
    if step.who == OFFICE:
        require(actor, step.act, row)
    else:
        leader = require_leader(row, str(step.label), actor=actor, at=at)
    if row.state not in step.sources:
        raise Refused(wrong_state(row, step), code="wrong_state", details={"state": row.state_for_unit})
    if step.reason and not reason.strip():
        raise Invalid(_("不能%(act)s：没有写明理由。") % {"act": step.label}, details={"reason": _("写明理由")})
    missing = missing_for(step, row, actor, reason)
    if missing:
        raise NotReady(
            ngettext("不能%(act)s：还差 %(n)s 项。", "不能%(act)s：还差 %(n)s 项。", len(missing))
            % {"act": step.label, "n": len(missing)},
            missing,
        )
    return leader


def wrong_state(row: SelfInspection, step: Step) -> str:
    """Return why the step is not open now, in the words that the actor may read."""
    shown = row.state_for_unit if step.who != OFFICE else row.state
    word = InspectionState(shown).label
    if step.name == "submit" and row.submitted_at and shown == InspectionState.SUBMITTED:
        return _("不能签名上报：这份报告已经上报。可以等审核结果。")
    if step.name in {"draft", "submit"} and shown == InspectionState.ISSUED:
        return _("不能%(act)s：还没有签收。可以先签收。") % {"act": step.label}
    return _("不能%(act)s：这份报告的状态是“%(state)s”。") % {"act": step.label, "state": word}


def finish(
    row: SelfInspection,
    name: str,
    *,
    actor: User | None,
    at: datetime,
    reason: str = "",
    fields: tuple[str, ...] = (),
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, str] | None = None,
) -> SelfInspection:
    """Write the step: new state, the changed ``fields``, one ledger entry."""
    before = row.state
    row.state = BY_NAME[name].target
    row.bump("state", *fields)
    record(
        KINDS[name],
        ref=row.ref,
        actor=actor,
        at=at,
        data={"from": before, "to": row.state, **(data or {})},
        personal=personal,
        reason=reason,
    )
    return row
