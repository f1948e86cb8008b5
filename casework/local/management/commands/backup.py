"""``manage.py backup DIR``: database, files, signing keys and the signer's memory, into one folder."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from casework.core import clock
from casework.local.backup import BackupError, make_backup


class Command(BaseCommand):
    """Back the instance up; it may be running."""

    help = "备份：数据库、文件、签名钥匙和签名器的记录 / backup: database, files, signing keys and signer's memory"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="空文件夹 / an empty folder")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            facts = make_backup(options["folder"], at=clock.now(), tell=self.stderr.write)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{options['folder']}: 账本 {facts['entries']:,} 条，文件 {facts['files']:,} 个"
            f" / {facts['entries']:,} ledger entries, {facts['files']:,} files"
        )
