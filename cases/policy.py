"""Who may do what in cases and inspections; the steps of the workflow come from its own table."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import AWAITS_DECISION, OPEN_TO_INVESTIGATION, OVER, CaseState, Side
from cases.models import Case, CaseMember, Inspection, Reporter, Site, TeamMember
from cases.workflow import STEPS, Who
from casework.access.models import compartments_of
from casework.access.policy import Check, register_act
from casework.access.readers import own_business
from casework.accounts.enums import COMMISSION, Role
from casework.accounts.models import User

#: Who takes down reports: those who receive them, and the leader to whom somebody turns.
_REPORTS = (Role.INTAKE, Role.APPROVER)
_OFFICERS = (Role.CASE_OFFICER, Role.HEARING_OFFICER, Role.APPROVER)


def on_side(user: User, case: Case, *sides: Side) -> bool:
    """Tell whether the user works on one of the sides of the case now."""
    known = case.sides_known.get(user.pk)
    if known is not None:
        return not known.isdisjoint(sides)
    return CaseMember.objects.filter(case=case, user=user, side__in=sides, until__isnull=True).exists()


def _member(*sides: Side) -> Check:
    names = "、".join(str(side.label) for side in sides)

    def check(user: User, case: Case | None) -> str:
        if case is None or on_side(user, case, *sides):
            return ""
        return _("不能办理：因为您在本案中不承担%(side)s。可以由本案的%(side)s人员办理。") % {"side": names}

    return check


def _step_check(who: Who) -> Check:
    def check(user: User, case: Case | None) -> str:
        if case is None or on_side(user, case, who.side):
            return ""
        if who.side == Side.DECIDE and on_side(user, case, Side.INVESTIGATE, Side.HEAR):
            return _("不能审批：因为您起草、调查或者审理过本案。依据监督执纪工作规则第十一条。可以由其他领导审批。")
        if who.side == Side.HEAR and on_side(user, case, Side.INVESTIGATE):
            return _("不能审理：因为您调查过本案。依据监察法实施条例第二百二十二条第三款。可以由其他审理人员办理。")
        return _("不能办理：因为您在本案中不承担%(side)s。可以由本案的%(side)s人员办理。") % {"side": who.side.label}

    return check


def _open_work(user: User, case: Case | None) -> str:
    """Investigators write while the case is open to investigation; nothing changes once it is over."""
    if case is None:
        return ""
    refusal = _member(Side.INVESTIGATE)(user, case)
    if refusal:
        return refusal
    if case.state not in OPEN_TO_INVESTIGATION:
        return _("不能修改：因为案件%(state)s。可以在退回补充调查后修改。") % {"state": case.get_state_display()}
    return ""


def _hearing_report(user: User, case: Case | None) -> str:
    if case is None:
        return ""
    if case.state == CaseState.HEARING or (case.state == CaseState.HEARING_REPORT_PENDING and case.returned):
        return _member(Side.HEAR)(user, case)
    return _("不能写审理报告：因为案件%(state)s。可以在受理以后写。") % {"state": case.get_state_display()}


def _team(user: User, site: Site | None) -> str:
    if site is None or TeamMember.objects.filter(team=site.team_id, user=user, left_at__isnull=True).exists():
        return ""
    return _("不能办理：因为您不在这一组。可以由本组人员办理。")


def _leads(user: User, inspection: Inspection | None) -> str:
    if inspection is None or compartments_of(user).filter(compartment_id=inspection.compartment_id).exists():
        return ""
    return _("不能办理：因为您不是这次检查的负责人。可以由负责人办理。")


def _staffing(user: User, case: Case | None) -> str:
    if case is None:
        return ""
    if case.state in OVER:
        return _("不能变更办案人员：因为案件%(state)s。") % {"state": case.get_state_display()}
    return _member(Side.INVESTIGATE, Side.DECIDE)(user, case)


def _decides(user: User, case: Case | None) -> str:
    if case is None:
        return ""
    if on_side(user, case, Side.DECIDE):
        return ""
    if on_side(user, case, Side.INVESTIGATE, Side.HEAR):
        return _("不能审批：因为您起草、调查或者审理过本案。依据监督执纪工作规则第十一条。可以由其他领导审批。")
    return _member(Side.DECIDE)(user, case)


def _corrects(user: User, case: Case | None) -> str:
    if case is None:
        return ""
    if case.state not in OVER:
        return _("不能更正：因为案件%(state)s，还没有结案。可以直接修改文稿。") % {"state": case.get_state_display()}
    return _member(Side.DECIDE)(user, case)


def _measures(user: User, case: Case | None) -> str:
    """Measures are taken while the case is open, the extension awaited included."""
    if case is None:
        return ""
    if case.state not in OPEN_TO_INVESTIGATION and case.state not in {
        CaseState.EXTENSION_PENDING,
        CaseState.PROSECUTED,
    }:
        return _("不能办理措施：因为案件%(state)s。可以在退回补充调查后办理。") % {"state": case.get_state_display()}
    return _member(Side.INVESTIGATE)(user, case)


def _works(user: User, case: Case | None) -> str:
    if case is None:
        return ""
    if case.state in OVER:
        return _("不能修改：因为案件%(state)s。") % {"state": case.get_state_display()}
    return _belongs(user, case)


def _belongs(user: User, case: Case | None) -> str:
    """Whoever works on the case on any side; meddling is put on record even when the case is over."""
    if case is None or on_side(user, case, *Side):
        return ""
    return _("不能办理：因为您不是本案的办案人员。可以由本案人员办理。")


def _helps(user: User, site: Site | None) -> str:
    if site is None:
        return ""
    return _team(user, site) and _leads(user, site.team.inspection)


def _knows_reporter(user: User, reporter: Reporter | None) -> str:
    if reporter is None or Reporter.objects.visible_to(user).filter(pk=reporter.pk).exists():
        return ""
    return _("不能查看举报人：因为您没有被授权。可以请登记人授权。")


def _reads(user: User, case: Case | None) -> str:
    if case is None or case.state in AWAITS_DECISION:
        return ""
    return _("没有待批的文稿：因为案件%(state)s。") % {"state": case.get_state_display()}


def _register() -> None:
    for step in STEPS:
        register_act(f"case.{step.name}", roles=(step.who.role,), label=step.label, check=_step_check(step.who))
    rows: tuple[tuple[str, Iterable[Role], Any, Check | None], ...] = (
        ("case.file", (Role.CASE_OFFICER,), gettext_lazy("报请立案"), None),
        ("case.amend", (Role.CASE_OFFICER,), gettext_lazy("修改案件"), _open_work),
        ("case.investigate", (Role.CASE_OFFICER,), gettext_lazy("补充事实与证据"), _open_work),
        ("case.write_hearing", (Role.HEARING_OFFICER,), gettext_lazy("写审理报告"), _hearing_report),
        ("case.staff", (Role.CASE_OFFICER, Role.APPROVER), gettext_lazy("变更办案人员"), _staffing),
        ("case.recuse", (Role.APPROVER,), gettext_lazy("决定回避"), _member(Side.DECIDE)),
        ("case.sign", (Role.APPROVER,), gettext_lazy("签批"), _decides),
        ("case.correct", (Role.APPROVER,), gettext_lazy("结案后更正"), _corrects),
        ("case.propose_measure", (Role.CASE_OFFICER,), gettext_lazy("报请措施"), _measures),
        ("case.carry_out", (Role.CASE_OFFICER,), gettext_lazy("执行措施"), _measures),
        ("case.decide_measure", (Role.APPROVER,), gettext_lazy("审批措施"), _decides),
        ("case.note", _OFFICERS, gettext_lazy("记事和安排任务"), _works),
        ("case.log_intervention", _OFFICERS, gettext_lazy("登记干预"), _belongs),
        ("reporter.register", _REPORTS, gettext_lazy("登记举报人"), None),
        ("reporter.read", (*_OFFICERS, Role.INTAKE), gettext_lazy("查看举报人"), _knows_reporter),
        ("reporter.share", _REPORTS, gettext_lazy("授权知悉举报人"), _knows_reporter),
        ("case.split", (Role.APPROVER,), gettext_lazy("分案"), _decides),
        ("case.lift_recusal", (Role.APPROVER,), gettext_lazy("解除回避"), _member(Side.DECIDE)),
        ("case.break_glass", (Role.APPROVER,), gettext_lazy("应急调阅"), None),
        ("case.end_emergency", (Role.SECURITY_ADMIN,), gettext_lazy("收回应急调阅"), None),
        ("tie.declare", COMMISSION, gettext_lazy("申报回避关系"), None),
        ("tie.register", (Role.SECURITY_ADMIN, Role.APPROVER), gettext_lazy("登记他人的回避关系"), None),
        ("approval.read", (Role.APPROVER, Role.SECURITY_ADMIN, Role.AUDITOR), gettext_lazy("查看签批层级"), None),
        ("approval.set", (Role.SECURITY_ADMIN,), gettext_lazy("设定签批层级"), None),
        ("approval.delegate", (Role.APPROVER,), gettext_lazy("委托代行签批"), None),
        ("case_type.publish", (Role.APPROVER,), gettext_lazy("发布案件类型"), None),
        ("case.read_paper", (*_OFFICERS, Role.AUDITOR), gettext_lazy("阅读呈批稿"), _reads),
        (
            "inspection.plan",
            (Role.CASE_OFFICER, Role.CAMPAIGN_OFFICER, Role.APPROVER),
            gettext_lazy("部署突击检查"),
            None,
        ),
        (
            "inspection.lead",
            (Role.CASE_OFFICER, Role.CAMPAIGN_OFFICER, Role.APPROVER),
            gettext_lazy("组织突击检查"),
            _leads,
        ),
        ("inspection.close", (Role.CASE_OFFICER, Role.CAMPAIGN_OFFICER), gettext_lazy("结束突击检查"), _leads),
        ("site.visit", (Role.INSPECTOR, Role.CASE_OFFICER), gettext_lazy("登记现场检查"), _team),
        ("site.confirm", (Role.INSPECTOR, Role.CASE_OFFICER), gettext_lazy("确认现场检查"), _team),
    )
    for name, roles, label, check in rows:
        register_act(name, roles=roles, label=label, check=check)


_register()

register_act("case.judge_shared", roles=_OFFICERS, label=gettext_lazy("判断案件关联"))
# A tie is the auditor's own; that he read a paper is noted of him.
own_business("cases:ties", "api:case-paper", "api:penalty-read")
