"""``manage.py reminders``: owe and send what is due, without Celery and without a broker."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, connection

from casework.notices.tasks import scan, send


class Command(BaseCommand):
    """Do what beat and worker do, in one process; any number of them may run, beside Celery or instead of it."""

    help = "Owe the reminders that are due and send what is owed, again and again. Needs the database alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="look once, print the counts and end")
        parser.add_argument("--every", type=float, default=30.0, metavar="SECONDS", help="pause between two looks")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            self.stdout.write(f"提醒 {scan()}，发出 {send()}")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            try:
                owed, sent = scan(), send()
            except Error as error:
                # The database is away; what is owed waits in it, so only the next look matters.
                self.stderr.write(f"{type(error).__name__}: {error}")
                connection.close()
            else:
                if owed or sent:
                    self.stdout.write(f"提醒 {owed}，发出 {sent}")
                    continue
            stop.wait(max(options["every"], 0.01))
