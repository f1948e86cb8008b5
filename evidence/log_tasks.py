"""Reading logs in the background."""

import logging

from casework.core import clock
from casework.core.background import OperationalError, shared_task
from evidence.services.logs import run_log

logger = logging.getLogger(__name__)


@shared_task(name="evidence.read_log", time_limit=12 * 3600)
def read_log(pk: int) -> None:
    """Read the file of a run; safe to run twice."""
    run_log(pk, at=clock.now())


def wake(pk: int) -> None:
    """Tell a worker of a reading; when none can be told, the next sweep finds it."""
    try:
        read_log.delay(pk)
    except OperationalError:
        logger.warning("reading %s waits for the sweep: the broker cannot be reached", pk)
