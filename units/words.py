"""How entries about the register, lists and leads are worded in the trail."""

from django.utils.translation import gettext_lazy as _

from casework.ledger.words import register_words

register_words(
    {
        "unit.renamed": _("更名"),
        "unit.placed": _("变更隶属"),
        "unit.merged": _("并入另一单位"),
        "unit.closed": _("撤销单位"),
        "register.kept": _("名单撤销后，因另有内容依据而留存"),
        "unit.leader_changed": _("更换负责人"),
        "unit.account_linked": _("关联负责人账号"),
        "conflict.settled": _("认定地址归属"),
        "sightings.matched": _("重新匹配监测记录"),
        "list.exported": _("导出清单"),
        "block.ended": _("停用网段"),
        "lead.raised": _("归并线索"),
        "lead.proposed": _("报送处置意见"),
        "lead.filed": _("转立案"),
        "lead.noted": _("写批注"),
        "lead.assigned": _("分办"),
        "lead.moved": _("变更线索状态"),
        "lead.disposed": _("处置线索"),
        "lead.disposition_undone": _("撤销处置"),
        "lead.classified": _("定性"),
        "lead.evidence_added": _("补充正反依据"),
        "question.settled": _("认定未决问题"),
    }
)
