"""``manage.py restore DIR``: put a backup in place, never below the last published checkpoint, and verify everything."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from casework.ledger.replay import ReplayError
from casework.local import services
from casework.local.backup import BackupError
from casework.local.locks import is_held
from casework.local.restore import restore_backup


class Command(BaseCommand):
    """Restore the instance; it must not be running. Exit 0 intact, 1 altered or refused."""

    help = "恢复：数据库、文件、钥匙，最后全部核验 / restore, ending with a full verification"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="备份文件夹 / the backup's folder")
        parser.add_argument(
            "--log", action="append", default=[], type=Path, help="账本的导出或镜像 / an export or mirror of the log"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if is_held(services.supervisor_lock(settings.CASEWORK_HOME)):
            raise CommandError("实例正在运行，可以先 make stop / the instance is running: make stop first")
        try:
            found = restore_backup(
                options["folder"],
                logs=options["log"],
                stamp=f"{timezone.localtime():%Y%m%d%H%M%S}",
                tell=self.stderr.write,
            )
        except (BackupError, ReplayError, OSError) as error:
            raise CommandError(str(error)) from error
        if found.kept_database:
            self.stdout.write(f"原数据库改名为 / the former database is now {found.kept_database}")
        if found.replayed:
            self.stdout.write(f"从账本文件补回 {found.replayed:,} 条 / entries replayed from the log's files")
        for fault in found.faults:
            self.stdout.write(fault)
        if found.faults:
            self.stdout.write(f"有改动 / altered: {len(found.faults)} 处")
            sys.exit(1)
        self.stdout.write(f"已恢复，完好 / restored and intact: {found.entries:,} 条 / entries")
