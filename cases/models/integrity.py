"""What keeps a case clean: declared ties of those who work here, and attempts to meddle."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.enums import InterventionKind, TieKind
from cases.models.cases import Case, OfCase
from casework.accounts.models import User
from casework.core.fields import EncryptedTextField
from units.models import Unit


class Tie(models.Model):
    """A tie that an official declared, to a person or a unit; cases about either shut him out by themselves."""

    user = models.ForeignKey(User, models.PROTECT, related_name="ties")
    kind = models.CharField(_("关系"), max_length=20, choices=TieKind.choices)
    person_name = models.CharField(_("姓名"), max_length=80, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("单位"))
    note = models.CharField(_("说明"), max_length=200, blank=True)
    from_on = models.DateField(_("起"))
    until = models.DateField(_("止"), null=True, blank=True)
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()

    class Meta:
        verbose_name = _("回避关系申报")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=TieKind.values), name="tie_kind_known"),
            models.CheckConstraint(condition=~Q(person_name="") | Q(unit__isnull=False), name="tie_to_something"),
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gte=F("from_on")), name="tie_order"),
        ]
        indexes = [models.Index(fields=["person_name"]), models.Index(fields=["user"])]

    def __str__(self) -> str:
        return f"{self.user} {self.get_kind_display()} {self.person_name or self.unit}"


class Intervention(models.Model):
    """Somebody asked about, meddled in or pleaded for a case, and it was put on record (监察法第六十六条). Appended."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="interventions")
    kind = models.CharField(_("情形"), max_length=20, choices=InterventionKind.choices)
    person_name = EncryptedTextField(_("何人"))
    person_post = EncryptedTextField(_("单位、职务"), blank=True)
    way = models.CharField(_("方式"), max_length=80, blank=True)
    happened_at = models.DateTimeField(_("发生时间"))
    content = EncryptedTextField(_("内容"))
    answer = models.CharField(_("如何处理"), max_length=200)
    reported_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    at = models.DateTimeField(_("登记时间"))

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("干预登记")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=InterventionKind.values), name="intervention_kind_known"),
            models.CheckConstraint(condition=Q(happened_at__lte=F("at")), name="intervention_recorded_after"),
        ]
        indexes = [models.Index(fields=["case", "at"])]

    def __str__(self) -> str:
        return self.get_kind_display()
