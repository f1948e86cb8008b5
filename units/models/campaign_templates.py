"""Templates of campaigns: stages with their lengths and questions of one's own, in versions that never change."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.accounts.models import User
from casework.core.english import said
from casework.core.models import Versioned


class TemplateQuerySet(models.QuerySet["CampaignTemplate"]):
    def visible_to(self, user: User) -> Self:
        """Return all templates for officials of the commission; they say nothing of any unit."""
        if not user.is_authenticated or not user.is_active or not user.is_commission:
            return self.none()
        return self


class CampaignTemplate(Versioned):
    """A kind of campaign that is begun again and again; what it says stands in its versions."""

    code = models.SlugField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=120)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = TemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("行动模板")

    def __str__(self) -> str:
        return said(self.name)


class TemplateVersion(models.Model):
    """One version of a template; never changed, so that a running campaign keeps what it began with.

    ``stages``     in order: code, name, the day of the campaign on which it starts (1 is the first), its days.
    ``questions``  asked besides the questionnaire's own: code, kind, title, ask, hint, label, unit, choices, attachment.
    ``questionnaire``  the name under which reports find both; made of the base version and the questions' digest.
    """

    template = models.ForeignKey(CampaignTemplate, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("版本"))
    base = models.CharField(max_length=40)
    questionnaire = models.CharField(_("自查表版本"), max_length=40)
    stages = models.JSONField()
    questions = models.JSONField(default=list)
    note = models.CharField(_("改了什么"), max_length=300, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("模板版本")
        ordering = ["template", "number"]
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_version_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="template_version_number"),
        ]
        indexes = [models.Index(fields=["questionnaire"])]

    def __str__(self) -> str:
        return f"{self.template} {self.number}"
