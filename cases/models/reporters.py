"""Who reported (举报人): apart from the case's own tables, under a right of its own, and in nothing that goes out."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.enums import ReportWay
from cases.models.cases import Case
from casework.access.models import compartments_of
from casework.accounts.models import User
from casework.core.fields import EncryptedTextField


class ReporterQuerySet(models.QuerySet["Reporter"]):
    """Reporters by reader."""

    def visible_to(self, user: User) -> Self:
        """Return those whom the user holds a right to know and whose case he may know; auditors hold none either."""
        if not user.is_authenticated or not user.is_active or not user.is_commission:
            return self.none()
        held = ReporterRight.objects.filter(user=user, until_at__isnull=True)
        return self.filter(case__compartment__in=compartments_of(user), pk__in=held.values("reporter"))


class Reporter(models.Model):
    """Somebody who reported. Appended, never changed; a correction is another row."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="reporters")
    number = models.PositiveSmallIntegerField(_("序号"))
    way = models.CharField(_("举报方式"), max_length=10, choices=ReportWay.choices)
    reported_on = models.DateField(_("举报日期"))
    name = EncryptedTextField(_("姓名"))
    contact = EncryptedTextField(_("联系方式"), blank=True)
    note = EncryptedTextField(_("身份、需要怎样保护"), blank=True)
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("登记人"))
    at = models.DateTimeField(_("登记时间"))

    objects: ClassVar[ReporterQuerySet] = ReporterQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("举报人")
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="reporter_number_once"),
            models.CheckConstraint(condition=Q(way__in=ReportWay.values), name="reporter_way_known"),
            models.CheckConstraint(condition=~Q(name=""), name="reporter_named"),
        ]

    def __str__(self) -> str:
        return str(_("举报人 %(n)d") % {"n": self.number})

    @property
    def ref(self) -> str:
        """The text reference in the ledger; it tells neither the case nor the person."""
        return f"reporter:{self.pk}"


class ReporterRight(models.Model):
    """Somebody may know who reported, until the right is taken back."""

    reporter = models.ForeignKey(Reporter, models.PROTECT, related_name="rights")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.CharField(_("事由"), max_length=200)
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    until_at = models.DateTimeField(_("止"), null=True, blank=True)

    class Meta:
        verbose_name = _("举报人知悉权限")
        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "user"], condition=Q(until_at__isnull=True), name="reporter_right_open_once"
            ),
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gte=F("given_at")), name="reporter_right_order"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="reporter_right_reasoned"),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.reporter}"
