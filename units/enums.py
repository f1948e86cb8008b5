"""Words of the register and of monitoring that the database stores."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UnitKind(models.TextChoices):
    """What a unit is; every kind but OTHER is a public body."""

    PARTY_ORGAN = "party_organ", _("党的机关")
    GOVERNMENT = "government", _("国家机关")
    INSTITUTION = "institution", _("事业单位")
    SCHOOL = "school", _("学校")
    UNIVERSITY = "university", _("高校")
    HOSPITAL = "hospital", _("医院")
    SOE = "soe", _("国有企业")
    OTHER = "other", _("非公共机构")


class UnitState(models.TextChoices):
    ACTIVE = "active", _("存续")
    MERGED = "merged", _("已并入")
    CLOSED = "closed", _("已撤销")


class Employment(models.TextChoices):
    """How a person is employed; it decides which sanctions are lawful (domain.md b)."""

    CIVIL_SERVANT = "civil_servant", _("公务员")
    INSTITUTION_MANAGER = "institution_manager", _("事业单位管理人员")
    INSTITUTION_STAFF = "institution_staff", _("事业单位工作人员")
    SOE_MANAGER = "soe_manager", _("国有企业管理人员")
    CONTRACT = "contract", _("合同制")
    TEMPORARY = "temporary", _("临时聘用")
    DISPATCHED = "dispatched", _("劳务派遣")


class ClaimState(models.TextChoices):
    """Whether a claim on a network still stands."""

    STANDING = "standing", _("有效")
    WITHDRAWN = "withdrawn", _("已作废")


class MatchState(models.TextChoices):
    """Whose address a sighting is."""

    MATCHED = "matched", _("已匹配")
    AMBIGUOUS = "ambiguous", _("归属有争议")
    UNMATCHED = "unmatched", _("未匹配")


class AddressStatus(models.TextChoices):
    """An address of a list against the earlier lists of the same sensor."""

    NEW = "new", _("新增")
    PERSISTING = "persisting", _("仍在")
    RELAPSED = "relapsed", _("死灰复燃")


class LeadState(models.TextChoices):
    """States of a lead (监督执纪工作规则, 监察法实施条例 2025); moves are in ``lead_workflow``."""

    RECEIVED = "received", _("已接收")
    REGISTERED = "registered", _("已登记编号")
    ASSIGNED = "assigned", _("已分办")
    UNDER_STUDY = "under_study", _("分析研判")
    OPINION_PENDING = "opinion_pending", _("处置意见待批")
    APPROPRIATE_ENQUIRY = "appropriate_enquiry", _("适当了解")
    INQUIRY = "inquiry", _("谈话函询")
    VERIFICATION = "verification", _("初步核实")
    SHELVED = "shelved", _("暂存待查")
    CLOSED = "closed", _("予以了结")
    TRANSFERRED = "transferred", _("已移送")
    FILED = "filed", _("已转立案")
    MERGED = "merged", _("已并案")


class Disposition(models.TextChoices):
    """What is to be done with a lead: the four ways, 适当了解 (条例 204–205) and handing it on."""

    INQUIRY = "inquiry", _("谈话函询")
    VERIFICATION = "verification", _("初步核实")
    SHELVED = "shelved", _("暂存待查")
    CLOSED = "closed", _("予以了结")
    APPROPRIATE_ENQUIRY = "appropriate_enquiry", _("适当了解")
    TRANSFERRED = "transferred", _("移送")


class Classification(models.TextChoices):
    """Why somebody mined: on purpose, by a trojan or a weak password, or for registered research."""

    ACTIVE = "active", _("主动")
    PASSIVE = "passive", _("被动")
    RESEARCH = "research", _("科研")


class QuestionKind(models.TextChoices):
    """The three things that cannot be known from afar."""

    MACHINE = "machine", _("哪台机器、谁的")
    EXTENT = "extent", _("几台、多久、多少")
    NATURE = "nature", _("主动、被动、科研")


class Stance(models.TextChoices):
    FOR = "for", _("支持")
    AGAINST = "against", _("反对")
