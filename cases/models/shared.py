"""What officers decided on a thing that two cases share: the same, or coincidence."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.enums import SharedKind, SharedSaid
from cases.models.cases import Case, OfCase
from casework.accounts.models import User


class SharedVerdict(models.Model):
    """One decision on one shared thing of two cases; appended, the latest counts. The thing itself is a keyed digest."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="shared_first", verbose_name=_("案件"))
    other = models.ForeignKey(Case, models.PROTECT, related_name="shared_second", verbose_name=_("另一案"))
    kind = models.CharField(_("类别"), max_length=10, choices=SharedKind.choices)
    value_index = models.CharField(max_length=32)
    verdict = models.CharField(_("结论"), max_length=10, choices=SharedSaid.choices)
    reason = models.CharField(_("理由"), max_length=300, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar[OfCase] = OfCase.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("关联结论")
        constraints = [
            models.CheckConstraint(condition=Q(case__lt=F("other")), name="case_shared_in_order"),
            models.CheckConstraint(condition=Q(kind__in=SharedKind.values), name="case_shared_kind_known"),
            models.CheckConstraint(condition=Q(verdict__in=SharedSaid.values), name="case_shared_verdict_known"),
        ]
        indexes = [models.Index(fields=["case", "other", "kind", "value_index"], name="case_shared_pair")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.other_id}"
