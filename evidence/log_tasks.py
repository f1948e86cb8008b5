"""Reading logs in the background."""

from casework.core import clock
from casework.core.background import shared_task
from evidence.services.logs import run_log


@shared_task(name="evidence.read_log", time_limit=12 * 3600)
def read_log(pk: int) -> None:
    """Read the file of a run; safe to run twice."""
    run_log(pk, at=clock.now())
