"""References and words of signatures, measures, tasks, integrity and the secrecy of inspections."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.models import Case, CaseTask, Measure, Reporter
from casework.deadlines.owners import register_owner
from casework.ledger.refs import by_rows, register_refs
from casework.ledger.words import register_words

# The nearest due date is kept on the case: whoever changes a clock of the case takes the case first.
register_owner("case", Case)
register_refs("measure", by_rows(Measure.objects.visible_to, lambda row: reverse("cases:measures", args=[row.case_id])))
register_refs(
    "casetask",
    by_rows(CaseTask.objects.visible_to, lambda row: reverse("cases:work", args=[row.case_id]), lambda row: row.title),
)
register_refs(
    "reporter", by_rows(Reporter.objects.visible_to, lambda row: reverse("cases:reporters", args=[row.case_id]))
)
register_words(
    {
        "case.signed": _("签批"),
        "case.signature_voided": _("内容改动，签名失效"),
        "case.remark_settled": _("处理退回意见"),
        "case.merged": _("并案"),
        "case.split": _("分案"),
        "case.corrected": _("结案后更正"),
        "reporter.registered": _("登记举报人"),
        "reporter.read": _("查看举报人"),
        "reporter.shared": _("授权知悉举报人"),
        "reporter.right_taken": _("收回知悉举报人的权限"),
        "case.noted": _("记事"),
        "case.moment_set": _("标注关键时点"),
        "case.moment_changed": _("变更关键时点"),
        "case.intervention_logged": _("登记干预"),
        "case_type.published": _("发布案件类型"),
        "task.set": _("安排任务"),
        "task.done": _("完成任务"),
        "tie.declared": _("申报回避关系"),
        "tie.ended": _("回避关系终止"),
        "measure.proposed": _("报请措施"),
        "measure.approved": _("批准措施"),
        "measure.refused": _("不批准措施"),
        "measure.begun": _("执行措施"),
        "measure.family_told": _("通知单位和家属"),
        "measure.ended": _("解除措施"),
        "approval.rank_set": _("设定签批层级"),
        "approval.seat_set": _("设定签批职责"),
        "approval.delegated": _("委托代行签批"),
        "approval.delegation_revoked": _("收回代行委托"),
        "inspection.released": _("公开检查"),
        "inspection.targets_read": _("查看目标清单"),
        "inspection.helper_named": _("指定现场协助人员"),
        "site.help_called": _("现场求助"),
        "site.help_answered": _("回应求助"),
    }
)
