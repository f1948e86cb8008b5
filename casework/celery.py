"""The Celery application; every app's tasks.py is found by Django's list of apps."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_before_create_process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casework.settings")
# Django's checks look at every address and so load every page, which neither worker nor beat draws; migrating makes them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("casework")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.set_default()  # the web server's threads would otherwise meet an application without settings


@worker_before_create_process.connect
def share_memory(**_: Any) -> None:
    """Keep the collector away from what the worker has loaded: its children share the pages that nobody writes to."""
    gc.collect()
    gc.freeze()
