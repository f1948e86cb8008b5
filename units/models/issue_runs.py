"""The issue of a self-inspection to many units: one act, done in parts, with its progress."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from casework.access.models import NeedToKnow
from casework.accounts.models import User
from units.enums_campaign import IssueState


class OfIssueStage(NeedToKnow):
    COMPARTMENT = "stage__campaign__compartment"


class IssueRun(models.Model):
    """An issue to all units of a campaign that have none yet; whoever finds it unfinished goes on with it."""

    stage = models.ForeignKey("units.Stage", models.PROTECT, related_name="issue_runs")
    due_on = models.DateField(_("期限"))
    total = models.PositiveIntegerField(_("单位"))
    done = models.PositiveIntegerField(_("已下发"), default=0)
    state = models.CharField(_("状态"), max_length=10, choices=IssueState.choices, default=IssueState.RUNNING)
    #: Why it stopped, in words for the person who began it.
    message = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(_("开始"))
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    #: The last sign of work; a run without one for a while is taken up by the next worker.
    moved_at = models.DateTimeField()
    finished_at = models.DateTimeField(_("完成"), null=True, blank=True)

    objects = OfIssueStage.as_manager()

    class Meta:
        verbose_name = _("下发")
        constraints = [
            models.UniqueConstraint(fields=["stage"], condition=Q(state="running"), name="issue_run_running_once"),
            models.CheckConstraint(condition=Q(state__in=IssueState.values), name="issue_run_state_known"),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="issue_run_done_within"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.done}/{self.total}"

    @property
    def compartment_id(self) -> int:
        """The compartment of the campaign."""
        return self.stage.campaign.compartment_id

    @property
    def is_running(self) -> bool:
        """There is still work to do."""
        return self.state == IssueState.RUNNING
