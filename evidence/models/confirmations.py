"""What the second of two officers says himself of an act that the first wrote down."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User
from evidence.models.custody import Custody


class Confirmation(models.Model):
    """The second officer's own word on one link: he was there and it was so, or it was not, and how."""

    custody = models.OneToOneField(Custody, models.PROTECT, related_name="confirmation")
    officer = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("确认人"))
    agreed = models.BooleanField(_("属实"))
    note = models.CharField(_("说明"), max_length=200, blank=True)
    at = models.DateTimeField(_("时间"))
    entry_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("本人确认")
        constraints = [
            models.CheckConstraint(condition=Q(agreed=True) | ~Q(note=""), name="confirmation_objection_says_what")
        ]

    def __str__(self) -> str:
        return f"{self.custody_id} {self.officer}"
