"""Who may do what with penalties and the recovery of gains; steps come from the table of the procedure."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.body_workflow import BODY_STEPS, BodyStep
from cases.enums import OVER, Side
from cases.enums_bodies import BODY_DRAFTS
from cases.enums_penalties import DRAFT_STATES
from cases.models import BodyDecision, Case, CaseMember, Penalty
from cases.penalty_workflow import STEPS, PenaltyStep
from cases.policy import on_side
from casework.access.policy import Check, register_act
from casework.accounts.enums import Role
from casework.accounts.models import User


def sides_of(user: User, case_id: int) -> set[str]:
    """Return the sides of the case on which the user works now."""
    return set(CaseMember.objects.filter(case_id=case_id, user=user, until__isnull=True).values_list("side", flat=True))


def _names(sides: tuple[Side, ...]) -> str:
    return "、".join(str(side.label) for side in sides)


def _not_on(sides: tuple[Side, ...]) -> str:
    return _("不能办理：因为您在本案中不承担%(side)s。可以由本案的%(side)s人员办理。") % {"side": _names(sides)}


def _step_check(step: PenaltyStep) -> Check:
    def check(user: User, penalty: Penalty | None) -> str:
        if penalty is None:
            return ""
        mine = sides_of(user, penalty.suspect.case_id)
        if step.roles == (Role.APPROVER,):
            if penalty.drafted_by_id == user.pk:
                return _("不能审批：因为这一稿是您起草的，起草人不得审批。可以由其他领导审批。")
            if mine & {Side.INVESTIGATE, Side.HEAR}:
                return _("不能审批：因为您调查或者审理过本案。可以由未参与本案调查、审理的领导审批。")
        return "" if mine & set(step.sides) else _not_on(step.sides)

    return check


def _in_case(*sides: Side) -> Check:
    def check(user: User, case: Case | None) -> str:
        if case is None:
            return ""
        if case.state in OVER:
            return _("不能办理：因为案件%(state)s。") % {"state": case.get_state_display()}
        return "" if on_side(user, case, *sides) else _not_on(sides)

    return check


def _revise(user: User, penalty: Penalty | None) -> str:
    if penalty is None:
        return ""
    if penalty.state not in DRAFT_STATES:
        return _("不能修改：因为%(state)s。可以在复审、复核中变更。") % {"state": penalty.get_state_display()}
    sides = (Side.INVESTIGATE, Side.HEAR)
    return "" if sides_of(user, penalty.suspect.case_id) & set(sides) else _not_on(sides)


def _body_check(step: BodyStep) -> Check:
    def check(user: User, decision: BodyDecision | None) -> str:
        if decision is None:
            return ""
        mine = sides_of(user, decision.case_id)
        if step.roles == (Role.APPROVER,):
            if decision.drafted_by_id == user.pk:
                return _("不能审批：因为这一稿是您起草的，起草人不得审批。可以由其他领导审批。")
            if mine & {Side.INVESTIGATE, Side.HEAR}:
                return _("不能审批：因为您调查或者审理过本案。可以由未参与本案调查、审理的领导审批。")
        return "" if mine & set(step.sides) else _not_on(step.sides)

    return check


def _revise_body(user: User, decision: BodyDecision | None) -> str:
    if decision is None:
        return ""
    if decision.state not in BODY_DRAFTS:
        return _("不能修改：因为%(state)s。可以另拟一份。") % {"state": decision.get_state_display()}
    sides = (Side.INVESTIGATE, Side.HEAR)
    return "" if sides_of(user, decision.case_id) & set(sides) else _not_on(sides)


def _worker(user: User, penalty: Penalty | None) -> str:
    sides = (Side.INVESTIGATE, Side.HEAR)
    if penalty is None or sides_of(user, penalty.suspect.case_id) & set(sides):
        return ""
    return _not_on(sides)


def _register() -> None:
    for step in STEPS:
        register_act(f"penalty.{step.name}", roles=step.roles, label=step.label, check=_step_check(step))
    for move in BODY_STEPS:
        register_act(f"body.{move.name}", roles=move.roles, label=move.label, check=_body_check(move))
    workers = (Role.CASE_OFFICER, Role.HEARING_OFFICER)
    rows: tuple[tuple[str, tuple[Role, ...], Any, Check | None], ...] = (
        ("penalty.draft", workers, gettext_lazy("拟处分建议"), _in_case(Side.INVESTIGATE, Side.HEAR)),
        ("penalty.revise", workers, gettext_lazy("修改处分建议"), _revise),
        ("penalty.task", workers, gettext_lazy("登记执行事项"), _worker),
        ("penalty.appeal", workers, gettext_lazy("登记申诉、复审、复核"), None),
        ("penalty.decide_appeal", (Role.APPROVER,), gettext_lazy("决定申诉、复审、复核"), None),
        ("body.draft", workers, gettext_lazy("拟对组织、单位的决定"), _in_case(Side.INVESTIGATE, Side.HEAR)),
        ("body.revise", workers, gettext_lazy("修改对组织、单位的决定"), _revise_body),
        ("recovery.register", workers, gettext_lazy("登记所得"), _in_case(Side.INVESTIGATE, Side.HEAR)),
        ("recovery.pay", (*workers, Role.CUSTODIAN), gettext_lazy("登记缴款"), None),
    )
    for name, roles, label, check in rows:
        register_act(name, roles=roles, label=label, check=check)


_register()
