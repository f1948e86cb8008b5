"""``manage.py ledger verify``: check the whole record."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from casework.ledger.checks import count_entries, entry_defects

#: What is wrong with an entry, in Chinese and English: this command is run by administrators of both.
FAULTS = {
    "hash": "内容与摘要不符 / bytes and hash differ",
    "bytes": "内容不是一条条目 / bytes are no entry",
    "index": "索引与内容不符 / columns differ from the bytes",
    "gap": "缺号或重号 / number missing or twice",
    "chain": "与前一条不相接 / does not follow its predecessor",
}


class Command(BaseCommand):
    """The record on the command line."""

    help = "核验账本 / verify the ledger: exit 0 intact, 1 altered"

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("verify", help="核验全部条目 / verify every entry")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["action"])(options)

    def verify(self, _options: dict[str, Any]) -> None:
        """Check every entry, tell what is wrong and where, and end with 1 when anything is."""
        begun, total, found = time.monotonic(), count_entries(), 0

        def progress(done: int) -> None:
            if self.stderr.isatty():
                self.stderr.write(f"\r{done:,}/{total:,}", ending="")

        for defect in entry_defects(progress):
            found += 1
            self.stdout.write(f"第 {defect.entry_id} 条（{defect.stream} 第 {defect.seq} 号）：{FAULTS[defect.what]}")
        seconds = time.monotonic() - begun
        if found:
            self.stdout.write(f"有改动 / altered: {found} 处，共 {total:,} 条，{seconds:.1f} 秒")
            sys.exit(1)
        self.stdout.write(f"完好 / intact: {total:,} 条，{seconds:.1f} 秒")
