"""Work in the background: the decorator of tasks and the application that sends them, bound to the settings' broker.

Modules of tasks import from here and nobody else does: Celery weighs eight megabytes and half a second, which a process
pays when it first hands work to a worker (``casework.core.wake``), not when it starts.
"""

from importlib import import_module

from celery import shared_task
from kombu.exceptions import OperationalError

# By its name, for it stands on top of the house: a task sent before it is there would go to Celery's own default.
app = import_module("casework.celery").app

__all__ = ["OperationalError", "app", "shared_task"]
