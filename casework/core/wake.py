"""Tell a worker that something waits for it."""

import logging
from functools import partial

from django.db import transaction

from casework.core.later import later

background = later("casework.core.background")
logger = logging.getLogger(__name__)


def wake(task: str, key: int) -> None:
    """Have a worker do ``task``, by its registered name, for the row ``key``, once what is being written holds.

    Only a hint: what is owed stands in the database, and when the broker cannot be reached the next sweep finds it
    (docs/decisions/0004-due-rows-not-scheduled-tasks.md).
    """
    transaction.on_commit(partial(_tell, task, key))


def _tell(task: str, key: int) -> None:
    try:
        background.app.send_task(task, args=[key])
    except background.OperationalError:
        logger.warning("%s %s waits for the sweep: the broker cannot be reached", task, key)
