"""Work in the background: the decorator of tasks, bound to the broker of the settings.

Modules of tasks import from here and nobody else does: Celery weighs eight megabytes and half a second, which a process
pays when it first hands work to a worker (``tasks = later("evidence.tasks")``), not when it starts.
"""

from importlib import import_module

from celery import shared_task
from kombu.exceptions import OperationalError

# By its name, for it stands on top of the house: a task sent before it is there would go to Celery's own default.
import_module("casework.celery")

__all__ = ["OperationalError", "shared_task"]
