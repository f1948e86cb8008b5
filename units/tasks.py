"""Work of campaigns that takes longer than a page: safe to run twice, at any time, in any number of processes."""

from casework.core import clock
from casework.core.background import shared_task
from units.models import IssueRun
from units.services.issue_runs import go_on, lost_runs


@shared_task(name="campaigns.issue")
def issue(run: int) -> None:
    """Go on with an issue until nothing is left of it."""
    found = IssueRun._base_manager.filter(pk=run).first()
    while found is not None and go_on(found, at=clock.now()):
        pass


@shared_task(name="campaigns.take_up")
def take_up() -> int:
    """Take up the issues whose worker was lost; returns how many."""
    lost = lost_runs(clock.now())
    for one in lost:
        issue(one.pk)
    return len(lost)
