"""`manage.py stop`: ends the running instance of this state directory, or what is left of a killed one."""

import contextlib
import os
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from casework.local import services
from casework.local.locks import is_held
from casework.local.process import end, leftovers, wait_until
from casework.local.supervisor import recorded_pid


class Command(BaseCommand):
    help = "Stops the instance that `up` runs in CASEWORK_HOME, and whatever a killed one left behind."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        state = settings.CASEWORK_HOME
        lock = services.supervisor_lock(state)
        pid = recorded_pid(state)
        if pid is not None and is_held(lock):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            wait_until(lambda: not is_held(lock), 60.0)
        end(leftovers(state))
        services.stop(state)
        self.stdout.write("已停止 / stopped")
