"""How penalties and recoveries are shown by their references, the words for their acts, and what cases ask of them."""

from collections.abc import Collection
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.enums_penalties import GONE_STATES
from cases.gates import register_gate
from cases.models import BodyDecision, Case, Penalty, Recovery
from cases.papers import register_paper_part
from cases.selectors import penalties as read
from cases.selectors.bodies import bodies_settled
from casework.accounts.models import User
from casework.core.errors import Missing
from casework.ledger.refs import Resolved, by_rows, register_refs
from casework.ledger.weighty import register_weighty
from casework.ledger.words import register_words


def _part(case: Case) -> dict[str, Any]:
    rows = Penalty.objects.filter(suspect__case=case).exclude(state__in=GONE_STATES)
    return {
        f"{row.suspect.name}（{row.suspect_id}）": [measure.words for measure in row.measures.all()]
        for row in rows.select_related("suspect").prefetch_related("measures").order_by("pk")
    }


def _proposed(case: Case, _user: User) -> list[Missing]:
    return read.penalties_proposed(case)


def _decided(case: Case, _user: User) -> list[Missing]:
    return read.penalties_decided(case)


def _settled(case: Case, _user: User) -> list[Missing]:
    return read.penalties_settled(case) + bodies_settled(case)


def _bodies(pks: Collection[int], user: User) -> dict[int, Resolved]:
    """Resolve for whoever knows the case, and for the unit's leader what was served on him: the paper, not its trail."""
    known = BodyDecision.objects.visible_to(user).filter(pk__in=pks)
    found = {row.pk: Resolved(str(row), reverse("cases:body", args=[row.pk])) for row in known}
    if left := set(pks) - set(found):
        for row in BodyDecision.objects.for_leader(user).filter(pk__in=left):
            found[row.pk] = Resolved(row.number, reverse("cases:portal-body", args=[row.pk]), trail=False)
    return found


register_refs(
    "penalty",
    by_rows(
        lambda user: Penalty.objects.visible_to(user).select_related("suspect"),
        lambda row: reverse("cases:penalty", args=[row.pk]),
    ),
)
register_refs(
    "recovery",
    by_rows(Recovery.objects.visible_to, lambda row: reverse("cases:recovery", args=[row.pk]), lambda row: row.label),
)
register_refs("bodydecision", _bodies)
register_gate("penalties_proposed", _proposed)
register_gate("penalties_decided", _decided)
register_gate("executions_done", _settled)
register_paper_part("处分建议", _part)
register_weighty(
    "penalty.approved",
    "penalty.issued",
    "penalty.announced",
    "penalty.executed",
    "penalty.appeal_decided",
    "body.approved",
    "body.issued",
)
register_words(
    {
        "penalty.drafted": _("拟处分建议"),
        "penalty.revised": _("修改处分建议"),
        "penalty.read": _("阅读处分建议"),
        "penalty.informed": _("告知并听取陈述申辩"),
        "penalty.consulted": _("征求意见"),
        "penalty.deliberated": _("集体审议"),
        "penalty.approved": _("批准处分"),
        "penalty.returned": _("退回处分建议"),
        "penalty.declined": _("不同意处分建议"),
        "penalty.issued": _("制发决定书"),
        "penalty.served": _("送达决定书"),
        "penalty.announced": _("宣布决定"),
        "penalty.execution_begun": _("开始执行"),
        "penalty.task_done": _("办结执行事项"),
        "penalty.executed": _("执行完毕"),
        "penalty.rights_restored": _("恢复党员权利"),
        "penalty.probation_extended": _("延长留党察看"),
        "penalty.station_registered": _("登记报批经过"),
        "penalty.signed": _("会签处分建议"),
        "penalty.expired": _("影响期满"),
        "penalty.voided": _("作废处分建议"),
        "penalty.appeal_lodged": _("登记申诉、复审、复核"),
        "penalty.appeal_accepted": _("受理申诉、复审、复核"),
        "penalty.appeal_decided": _("作出申诉、复审、复核决定"),
        "body.drafted": _("拟对组织、单位的决定"),
        "body.revised": _("修改对组织、单位的决定"),
        "body.heard": _("听取组织、单位的意见"),
        "body.deliberated": _("审议对组织、单位的决定"),
        "body.approved": _("批准对组织、单位的决定"),
        "body.returned": _("退回对组织、单位的决定"),
        "body.issued": _("制发对组织、单位的文书"),
        "body.served": _("送达对组织、单位的文书"),
        "body.done": _("办结对组织、单位的决定"),
        "body.voided": _("作废对组织、单位的决定"),
        "recovery.registered": _("登记所得"),
        "recovery.surcharge_registered": _("登记差别电价加价"),
        "recovery.due_set": _("变更应缴金额"),
        "recovery.paid": _("登记缴款"),
    }
)
