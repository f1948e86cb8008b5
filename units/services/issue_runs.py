"""Issuing to thousands of units: begun in one act, done in parts that each commit, gone on with by whoever finds it.

A part is as large as keeps a page of progress honest and a transaction short. A worker that dies loses no more than
the part it was in; the next one takes the units that still have none.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import CaseworkError, Refused
from casework.ledger.record import record
from units.enums_campaign import IssueState
from units.models import IssueRun, Stage
from units.services.issuing import check_due_on, check_ready, issue_self_inspections, ready_members

#: Up to so many units are issued to while the page waits.
AT_ONCE = 300
#: Units of one part.
PART = 500
#: A run that has not moved for so long has lost its worker.
LOST_AFTER = timedelta(seconds=45)


def begin_issue(stage: Stage, *, due_on: date, actor: User, at: datetime, ready_only: bool = False) -> IssueRun:
    """Begin to issue the stage's self-inspection to all units of the campaign that have none.

    Refused as a whole, naming every unit, when one is not ready; with ``ready_only`` these are left for later.
    The parts follow with ``go_on``.
    """
    require(actor, "campaign.issue", stage)
    check_due_on(due_on, at)
    with transaction.atomic():
        locked = Stage._base_manager.select_for_update(of=("self",)).select_related("campaign").get(pk=stage.pk)
        running = IssueRun._base_manager.filter(stage=locked, state=IssueState.RUNNING).first()
        if running is not None:
            raise Refused(
                _("不能下发自查：正在下发，已发 %(done)s 家，共 %(total)s 家。可以等它完成。")
                % {"done": running.done, "total": running.total},
                code="running",
            )
        if not ready_only:
            check_ready(locked, at)
        total = ready_members(locked, timezone.localdate(at)).count()
        run = IssueRun.objects.create(
            stage=locked, due_on=due_on, total=total, started_at=at, started_by=actor, moved_at=at
        )
        record(
            "campaign.issue_begun",
            ref=f"campaign:{locked.campaign_id}",
            actor=actor,
            at=at,
            data={"stage": locked.code, "units": run.total, "due_on": due_on, "run": run.pk},
        )
    return run


def go_on(run: IssueRun, *, at: datetime) -> bool:
    """Issue the next part of a run; return whether there is more to do. Two workers at once do not meet: one waits out.

    What a person could put right stops the run with a sentence; what was issued stays.
    """
    with transaction.atomic():
        found = (
            IssueRun._base_manager.select_for_update(skip_locked=True, of=("self",))
            .select_related("stage__campaign", "started_by")
            .filter(pk=run.pk, state=IssueState.RUNNING)
            .first()
        )
        if found is None:
            return False
        day = timezone.localdate(found.started_at)
        part = [one.unit for one in ready_members(found.stage, day)[:PART]]
        try:
            with transaction.atomic():
                rows = issue_self_inspections(
                    found.stage, part, due_on=found.due_on, actor=found.started_by, at=found.started_at
                )
        except CaseworkError as error:
            found.state, found.message = IssueState.STOPPED, error.message[:500]
            found.finished_at = found.moved_at = at
        else:
            found.done = min(found.done + len(rows), found.total)
            found.moved_at = at
            if len(part) < PART:
                found.state, found.finished_at = IssueState.DONE, at
        found.save(update_fields=["state", "message", "done", "moved_at", "finished_at"])
        if found.state != IssueState.RUNNING:
            record(
                "campaign.issue_ended",
                ref=f"campaign:{found.stage.campaign_id}",
                actor=None,
                at=at,
                data={"run": found.pk, "units": found.done, "of": found.total, "state": found.state},
                reason=found.message,
            )
    return found.is_running


def lost_runs(at: datetime) -> list[IssueRun]:
    """Return the runs that nobody works on any more."""
    return list(IssueRun._base_manager.filter(state=IssueState.RUNNING, moved_at__lt=at - LOST_AFTER).order_by("pk"))
