"""`manage.py up`: the whole instance in the foreground."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from casework.local.process import LocalServiceError
from casework.local.up import Options, Up
from casework.scenarios.zhejiang_2021 import DEMO_DAY


class Command(BaseCommand):
    help = "Starts database, broker, web, worker, beat and ledger, and keeps them running until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="play the demo campaign into an empty database")
        parser.add_argument("--port", type=int, default=settings.CASEWORK_PORT)
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["demo"]:
            os.environ.setdefault("CASEWORK_NOW", DEMO_DAY)  # read by every program started from here
        chosen = Options(options["host"], options["port"], options["demo"])
        try:
            Up(settings.CASEWORK_HOME, chosen, self._tell).run()
        except LocalServiceError as error:
            raise CommandError(str(error)) from error

    def _tell(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
