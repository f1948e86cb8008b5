"""``manage.py bundle REF DIR``: the evidence bundle of an item, or of a case."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from casework.core import clock
from casework.core.errors import CaseworkError
from evidence.services.bundle import make_bundle, subject_of


class Command(BaseCommand):
    """Write the bundle into an empty folder."""

    help = "制作取证包：python manage.py bundle ZJ21-0036-003 ./bundle"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ref", help="证物编号、案号，或 item:42、case:42")
        parser.add_argument("folder", type=Path, help="空文件夹")
        parser.add_argument("--redacted", action="store_true", help="不含账本中可删除的个人信息原文")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            subject = subject_of(options["ref"])
            folder = make_bundle(
                subject.items,
                options["folder"],
                title=subject.title,
                actor=None,
                at=clock.now(),
                redacted=options["redacted"],
            )
        except CaseworkError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{folder}\n核验：python {folder / 'verify.py'} {folder}")
