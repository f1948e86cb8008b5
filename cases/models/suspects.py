"""The people under investigation with their standing of that time, the facts held against them and the proof."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.enums import MeetingOutcome, Stance
from cases.models.cases import Case, OfCase
from casework.access.models import NeedToKnow
from casework.accounts.models import User
from casework.core.fields import EncryptedTextField
from casework.core.models import Versioned
from evidence.models import Item
from units.enums import Employment
from units.models import Person, Unit


class Suspect(Versioned):
    """A person under investigation (被审查调查人), with the standing held when the conduct took place.

    The standing is copied from ``units.Person`` as of ``standing_on``: later changes of that row change nothing here.
    ``None`` in a yes/no field means "not yet found out", which blocks the meeting on facts.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="suspects")
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="suspects")
    name = models.CharField(_("姓名"), max_length=80)
    id_number = EncryptedTextField(_("身份证号"), blank=True)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="suspects", verbose_name=_("单位")
    )
    post = models.CharField(_("职务"), max_length=120, blank=True)
    rank = models.CharField(_("职级"), max_length=60, blank=True)
    employment = models.CharField(_("用工形式"), max_length=30, choices=Employment.choices, blank=True)
    party_member = models.BooleanField(_("中共党员"), null=True, blank=True)
    party_post = models.CharField(_("党内职务"), max_length=120, blank=True)
    public_official = models.BooleanField(_("公职人员"), null=True, blank=True)
    leading_cadre = models.BooleanField(_("领导干部"), null=True, blank=True)
    village_cadre = models.BooleanField(_("村干部"), default=False)
    deputy_of = models.CharField(_("人大代表、政协委员、党代表"), max_length=120, blank=True)
    standing_on = models.DateField(_("身份认定日期"), help_text=_("行为发生时"))
    conduct_from = models.DateField(_("行为起"), null=True, blank=True)
    conduct_until = models.DateField(_("行为止"), null=True, blank=True)
    added_at = models.DateTimeField()

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("被审查调查人")
        constraints = [
            models.CheckConstraint(
                condition=Q(employment="") | Q(employment__in=Employment.values), name="suspect_employment_known"
            ),
            models.CheckConstraint(
                condition=Q(conduct_from__isnull=True)
                | Q(conduct_until__isnull=True)
                | Q(conduct_until__gte=F("conduct_from")),
                name="suspect_conduct_order",
            ),
            models.UniqueConstraint(
                fields=["case", "person"], condition=Q(person__isnull=False), name="suspect_person_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class StandingChange(models.Model):
    """One field of the standing was corrected or found out; appended, so that every earlier value stays readable."""

    suspect = models.ForeignKey(Suspect, models.PROTECT, related_name="standing_changes")
    field = models.CharField(_("项目"), max_length=30)
    old = models.CharField(_("原为"), max_length=120, blank=True)
    new = models.CharField(_("改为"), max_length=120, blank=True)
    reason = models.TextField(_("依据"))
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("身份变更")

    def __str__(self) -> str:
        return f"{self.suspect} {self.field}"


class FactsShown(models.Model):
    """The material of facts was shown to the person, who answered (事实材料见面; 监察法实施条例第二百一十七条)."""

    suspect = models.ForeignKey(Suspect, models.PROTECT, related_name="facts_shown")
    at = models.DateTimeField()
    officer = models.ForeignKey(User, models.PROTECT, related_name="+")
    second_officer = models.ForeignKey(User, models.PROTECT, related_name="+")
    outcome = models.CharField(_("结果"), max_length=20, choices=MeetingOutcome.choices)
    opinion = models.TextField(_("本人意见"), blank=True)

    class Meta:
        verbose_name = _("事实材料见面")
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=MeetingOutcome.values), name="facts_shown_outcome_known"),
            models.CheckConstraint(condition=~Q(officer=F("second_officer")), name="facts_shown_two_officers"),
            models.CheckConstraint(
                condition=Q(outcome=MeetingOutcome.AGREED) | ~Q(opinion=""), name="facts_shown_opinion_given"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.suspect} {self.get_outcome_display()}"


class Fact(Versioned):
    """A fact that has to be proved (待证事实). Its verdict is computed from the exhibits (``cases.proof``)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="facts")
    number = models.PositiveSmallIntegerField(_("序号"))
    statement = models.CharField(_("待证事实"), max_length=300)
    suspects = models.ManyToManyField(Suspect, related_name="facts", blank=True)
    lone_reason = models.TextField(_("孤证说明"), blank=True)
    contradiction_note = models.TextField(_("矛盾说明"), blank=True)
    dropped_reason = models.TextField(_("不再认定的理由"), blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("待证事实")
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="fact_number_once"),
            models.CheckConstraint(
                condition=Q(dropped_at__isnull=True) | ~Q(dropped_reason=""), name="fact_dropped_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.statement


class ExhibitOf(NeedToKnow):
    """Exhibits are known to whoever may know of the case."""

    COMPARTMENT = "case__compartment"


class Exhibit(models.Model):
    """An item of evidence speaks for or against a fact of the case; one item may serve several facts and cases."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="exhibits")
    item = models.ForeignKey(Item, models.PROTECT, related_name="exhibits")
    fact = models.ForeignKey(Fact, models.PROTECT, related_name="exhibits")
    stance = models.CharField(_("证明方向"), max_length=10, choices=Stance.choices)
    label = models.CharField(_("简称"), max_length=20)
    note = models.TextField(_("证明内容"), blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[ExhibitOf] = ExhibitOf.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("证明关系")
        constraints = [
            models.UniqueConstraint(fields=["fact", "item"], name="exhibit_once"),
            models.CheckConstraint(condition=Q(stance__in=Stance.values), name="exhibit_stance_known"),
        ]

    def __str__(self) -> str:
        return f"{self.item} → {self.fact}"
