"""Tasks of the shell."""

from typing import Any

from casework.core import clock
from casework.core.background import shared_task
from casework.web.once import forget_old


@shared_task(name="web.forget_forms")
def forget_forms(**_: Any) -> None:
    """Forget the forms that nobody can have open any more."""
    forget_old(clock.now())
