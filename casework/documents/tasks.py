"""Making documents in the background: safe to run twice, at any time, in any number of processes."""

from casework.core import clock
from casework.core.background import shared_task
from casework.documents.services.jobs import run_job, waiting_jobs


@shared_task(name="documents.run")
def run(job: int) -> None:
    """Do one job."""
    run_job(job, at=clock.now())


@shared_task(name="documents.take_up")
def take_up() -> int:
    """Take up what nobody works on; returns how many jobs that were."""
    waiting = waiting_jobs()
    for pk in waiting:
        run_job(pk, at=clock.now())
    return len(waiting)
