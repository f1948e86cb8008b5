"""``manage.py ledger``: verify, checkpoint, export, integrate, trust."""

import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from casework.ledger import tree
from casework.ledger.checks import count_entries
from casework.ledger.checks_tree import whole_log
from casework.ledger.integrator import Integrator
from casework.ledger.publication import DiffersError, write_log
from casework.ledger.signer import LedgerSigner, RefusedError


class Command(BaseCommand):
    """The record on the command line."""

    help = (
        "账本：核验、检查点、导出、入账 / the ledger: verify (exit 0 intact, 1 altered), checkpoint, export, integrate"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("verify", help="核验全部条目、树和检查点 / verify entries, tree and checkpoints")
        checkpoint = actions.add_parser("checkpoint", help="最新的检查点 / the newest signed checkpoint")
        checkpoint.add_argument("--vkey", action="store_true", help="核验公钥 / the verifier key instead")
        export = actions.add_parser("export", help="导出为静态文件 / the log as static files (C2SP tlog-tiles)")
        export.add_argument("folder", type=Path)
        integrate = actions.add_parser(
            "integrate", help="入账并签名，直到被要求停止 / integrate and sign until told to end"
        )
        integrate.add_argument("--once", action="store_true", help="只做一遍 / one turn only")
        trust = actions.add_parser("trust", help="状态文件丢失后，凭最近的检查点恢复 / recover the signer's state")
        trust.add_argument("checkpoint", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["action"])(options)

    def verify(self, _options: dict[str, Any]) -> None:
        """Check the whole log, tell what is wrong and where, and end with 1 when anything is."""
        begun, started, total = timezone.now(), time.monotonic(), count_entries()
        shown = 0.0

        def progress(done: int) -> None:
            nonlocal shown
            if time.monotonic() - shown > 1.0 or done == total:
                shown = time.monotonic()
                self.stderr.write(f"{done:,}/{total:,}")

        faults = []
        for fault in whole_log(progress):
            self.stdout.write(fault)
            faults.append(fault)
        tree.note_check("verify", begun, timezone.now(), total, faults[:100])
        seconds = time.monotonic() - started
        if faults:
            self.stdout.write(f"有改动 / altered: {len(faults)} 处，共 {total:,} 条，{seconds:.1f} 秒")
            sys.exit(1)
        newest = tree.newest()
        signed = f"{newest.size:,}" if newest else "0"
        self.stdout.write(f"完好 / intact: {total:,} 条，其中 {signed} 条已签名 / signed，{seconds:.1f} 秒")

    def checkpoint(self, options: dict[str, Any]) -> None:
        """Print the newest checkpoint, or the key that verifies it."""
        newest, vkeys = tree.newest(), tree.vkeys()
        if newest is None or not vkeys:
            raise CommandError("还没有检查点：先运行 manage.py ledger integrate / no checkpoint yet: ledger integrate")
        self.stdout.write(f"{vkeys[-1]}\n" if options["vkey"] else newest.note, ending="")

    def export(self, options: dict[str, Any]) -> None:
        """Write the log up to the newest checkpoint; an earlier export in the folder is continued."""
        newest = tree.newest()
        if newest is None:
            raise CommandError("还没有检查点：先运行 manage.py ledger integrate / no checkpoint yet: ledger integrate")
        try:
            made = write_log(options["folder"], newest)
        except DiffersError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['folder']}: {error.strerror}") from error
        self.stdout.write(f"{options['folder']}: {newest.size:,} 条 / entries，新文件 / new files {made:,}")

    def integrate(self, options: dict[str, Any]) -> None:
        """Run the ledger's process."""
        work = Integrator(LedgerSigner(), self.stdout.write)
        if options["once"]:
            try:
                work.once()
            except RefusedError as error:
                raise CommandError(str(error)) from error
            return
        work.handle_signals()
        work.run()

    def trust(self, options: dict[str, Any]) -> None:
        """Let the signer continue from a checkpoint that was kept elsewhere."""
        try:
            found = LedgerSigner().trust(options["checkpoint"].read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{options['checkpoint']}: {error.strerror}") from error
        except RefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"签名器从 {found.size:,} 条继续 / the signer continues from {found.size:,} entries")
