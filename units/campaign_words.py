"""How entries about campaigns, self-inspections and rectification are worded in the trail."""

from django.utils.translation import gettext_lazy as _

from casework.ledger.words import register_words

register_words(
    {
        "campaign.opened": _("发起专项行动"),
        "campaign.units_added": _("列入单位"),
        "campaign.issued": _("下发自查"),
        "campaign.urged": _("催报"),
        "campaign.outcome_set": _("下结论"),
        "campaign.spot_checks_drawn": _("抽查抽样"),
        "campaign.closed": _("结束专项行动"),
        "finding.recorded": _("登记发现"),
        "selfinspection.issued": _("下发自查"),
        "selfinspection.acknowledged": _("签收自查"),
        "selfinspection.answered": _("填报"),
        "selfinspection.rows_added": _("清单加行"),
        "selfinspection.rows_changed": _("清单改行"),
        "selfinspection.rows_removed": _("清单去行"),
        "selfinspection.attached": _("上传附件"),
        "selfinspection.detached": _("去掉附件"),
        "selfinspection.submitted": _("签名上报"),
        "selfinspection.review_started": _("开始审核"),
        "selfinspection.returned": _("退回补正"),
        "selfinspection.spot_check_started": _("列入抽查"),
        "selfinspection.spot_check_ended": _("登记抽查结果"),
        "selfinspection.verified": _("核验"),
        "selfinspection.accepted": _("通过"),
        "selfinspection.rectifying": _("转入整改"),
        "selfinspection.rectified": _("整改完成"),
        "selfinspection.relapsed": _("退回整改"),
        "selfinspection.reopened": _("重启整改"),
        "selfinspection.closed": _("自查销号"),
        "selfinspection.file_read": _("下载附件"),
        "selfinspection.exported": _("导出清单"),
        "rectification.ordered": _("下发整改"),
        "rectification.reported": _("报整改结果"),
        "rectification.returned": _("退回整改"),
        "rectification.closed": _("整改销号"),
        "rectification.proof_read": _("下载证明材料"),
    }
)
