"""Records of what people said (谈话、询问、讯问笔录), in a case or at a site of an inspection."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.enums import InterviewKind, PageMark
from cases.models.cases import Case
from cases.models.inspections import Site
from cases.models.suspects import Suspect
from casework.access.models import Compartment, NeedToKnow
from casework.accounts.models import User
from casework.core.fields import EncryptedTextField
from casework.core.models import Versioned
from evidence.models import Item


class Interview(Versioned):
    """One record. Two officers at least, by the database (监察法第四十四条; 监察法实施条例第九十条)."""

    compartment = models.ForeignKey(Compartment, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="interviews")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="interviews")
    number = models.PositiveSmallIntegerField(_("次数"), help_text=_("同一人的第几次"))
    kind = models.CharField(_("笔录类型"), max_length=20, choices=InterviewKind.choices)
    suspect = models.ForeignKey(Suspect, models.PROTECT, null=True, blank=True, related_name="interviews")
    person_name = models.CharField(_("姓名"), max_length=80)
    person_post = models.CharField(_("单位、职务"), max_length=200, blank=True)
    person_id_number = EncryptedTextField(_("身份证号"), blank=True)
    place = models.CharField(_("地点"), max_length=200)
    began_at = models.DateTimeField(_("开始时间"))
    ended_at = models.DateTimeField(_("结束时间"))
    officer = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("办案人员一"))
    second_officer = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("办案人员二"))
    recorder = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("记录人")
    )
    papers_shown = models.BooleanField(_("已出示证件"), default=False)
    rights_told_at = models.DateTimeField(_("告知权利义务时间"), null=True, blank=True)
    recorded = models.BooleanField(_("已同步录音录像"), default=False)
    item = models.OneToOneField(Item, models.PROTECT, null=True, blank=True, related_name="interview")
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects: ClassVar[NeedToKnow] = NeedToKnow.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("笔录")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=InterviewKind.values), name="interview_kind_known"),
            models.CheckConstraint(condition=~Q(officer=F("second_officer")), name="interview_two_officers"),
            models.CheckConstraint(condition=Q(ended_at__gt=F("began_at")), name="interview_times_in_order"),
            models.CheckConstraint(
                condition=Q(rights_told_at__isnull=True) | Q(rights_told_at__lt=F("ended_at")),
                name="interview_rights_before_end",
            ),
            models.CheckConstraint(
                condition=Q(case__isnull=False, site__isnull=True) | Q(case__isnull=True, site__isnull=False),
                name="interview_of_case_or_site",
            ),
            models.CheckConstraint(
                condition=~Q(kind=InterviewKind.INTERROGATION) | Q(case__isnull=False, suspect__isnull=False),
                name="interrogation_of_suspect",
            ),
        ]
        indexes = [models.Index(fields=["case", "began_at"])]

    def __str__(self) -> str:
        words = {"name": self.person_name, "number": self.number, "kind": self.get_kind_display()}
        return gettext("%(name)s第 %(number)s 次%(kind)s笔录") % words


class InterviewLine(models.Model):
    """One question with its answer."""

    interview = models.ForeignKey(Interview, models.PROTECT, related_name="lines")
    seq = models.PositiveSmallIntegerField()
    question = EncryptedTextField(_("问"))
    answer = EncryptedTextField(_("答"), blank=True)

    class Meta:
        verbose_name = _("问答")
        ordering = ("seq",)
        constraints = [models.UniqueConstraint(fields=["interview", "seq"], name="interview_line_once")]

    def __str__(self) -> str:
        return f"{self.interview_id}/{self.seq}"


class InterviewPage(models.Model):
    """What stands under a page of the record: signed, refused with the reason, or still missing."""

    interview = models.ForeignKey(Interview, models.PROTECT, related_name="pages")
    number = models.PositiveSmallIntegerField(_("页"))
    mark = models.CharField(_("签名"), max_length=20, choices=PageMark.choices, default=PageMark.UNSIGNED)
    refusal = models.CharField(_("拒签理由"), max_length=200, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("笔录页")
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["interview", "number"], name="interview_page_once"),
            models.CheckConstraint(condition=Q(mark__in=PageMark.values), name="interview_page_mark_known"),
            models.CheckConstraint(
                condition=~Q(mark=PageMark.REFUSED) | ~Q(refusal=""), name="interview_page_refusal_reasoned"
            ),
            models.CheckConstraint(
                condition=Q(mark=PageMark.UNSIGNED, signed_at__isnull=True)
                | (~Q(mark=PageMark.UNSIGNED) & Q(signed_at__isnull=False)),
                name="interview_page_signed_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"第 {self.number} 页"
