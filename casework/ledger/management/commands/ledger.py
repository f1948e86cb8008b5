"""``manage.py ledger``: verify, checkpoint, export; integrate, trust, rotate; policy, witness, timestamp."""

import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from casework.core import clock
from casework.ledger import tree
from casework.ledger.checks import count_entries
from casework.ledger.checks_tree import whole_log
from casework.ledger.integrator import Integrator
from casework.ledger.publication import DiffersError, write_log
from casework.ledger.services.keys import rotate_key
from casework.ledger.signer import LedgerSigner, RefusedError
from casework.ledger.timestamps import TimestampError, stamp
from casework.ledger.verify import NotALedgerError
from casework.ledger.witnessing import (
    Witness,
    WitnessError,
    ask,
    cosigned_size,
    policy_text,
    request_for,
    take,
    witnesses,
)

NONE_YET = "还没有检查点：先运行 manage.py ledger integrate / no checkpoint yet: ledger integrate"


class Command(BaseCommand):
    """The record on the command line."""

    help = (
        "账本：核验、检查点、导出、入账 / the ledger: verify (exit 0 intact, 1 altered), checkpoint, export, integrate"
    )

    # They look at every address and so load every page; migrating has made them, and the integrator runs for months.
    requires_system_checks: list[str] = []

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
        rotate = actions.add_parser("rotate", help="换签名钥匙 / hand over to a new signing key")
        rotate.add_argument("--key-file", type=Path, help="新钥匙，缺省时生成 / the new key, made when not given")
        rotate.add_argument("--reason", required=True, help="事由 / why")
        actions.add_parser("policy", help="公布的见证规则 / the published policy (C2SP tlog-policy)")
        witness = actions.add_parser("witness", help="请见证方签名 / ask the witnesses to cosign")
        witness.add_argument("name", nargs="?", help="只问这一个 / only this one")
        witness.add_argument("--request", type=Path, help="把请求写入文件，带到见证方 / write the request to a file")
        witness.add_argument("--answer", type=Path, help="收下带回的回答 / take in the answer that was brought back")
        actions.add_parser("timestamp", help="请时间戳机构签名 / have the newest checkpoint time-stamped (RFC 3161)")

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
        newest, vkeys = self._newest(), tree.vkeys()
        self.stdout.write(f"{vkeys[-1]}\n" if options["vkey"] else newest.note, ending="")

    def export(self, options: dict[str, Any]) -> None:
        """Write the log up to the newest checkpoint; an earlier export in the folder is continued."""
        newest = self._newest()
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

    def rotate(self, options: dict[str, Any]) -> None:
        """Hand the log over to a new key and print its vkey; the instance must not be running."""
        try:
            given = options["key_file"].read_text(encoding="utf-8").strip() if options["key_file"] else ""
            vkey = rotate_key(at=clock.now(), secret=given, reason=options["reason"])
        except (RefusedError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{vkey}\n新钥匙已启用，旧钥匙的签名仍可核验 / the new key signs, the old one stays known")

    def policy(self, _options: dict[str, Any]) -> None:
        """Print the policy that is published."""
        self._newest()
        self.stdout.write(policy_text(), ending="")

    def witness(self, options: dict[str, Any]) -> None:
        """Ask witnesses over the network, or write a request and take in an answer by hand."""
        newest = self._newest()
        try:
            known = [one for one in witnesses() if options["name"] in (None, one.name)]
            if not known:
                raise CommandError(f"没有这个见证方 / no such witness: {options['name'] or '-'}")
            if options["request"] or options["answer"]:
                self._by_hand(known[0], newest, options)
            else:
                for one in known:
                    new = ask(one, newest)
                    self.stdout.write(f"{one.name}: {newest.size:,} 条{'，新签' if new else '，已签过'} / cosigned")
        except (WitnessError, NotALedgerError, OSError) as error:
            raise CommandError(str(error)) from error

    def _by_hand(self, one: Witness, newest: tree.Published, options: dict[str, Any]) -> None:
        if options["request"]:
            options["request"].write_bytes(request_for(cosigned_size(one), newest))
            self.stdout.write(f"{options['request']}: {one.name}，{newest.size:,} 条 / entries")
            return
        answer = options["answer"].read_text(encoding="utf-8")
        for checkpoint in tree.latest_checkpoints():
            try:
                take(one, checkpoint, answer)
            except WitnessError:
                continue
            self.stdout.write(f"{one.name}: 见证到 {checkpoint.size:,} 条 / cosigned {checkpoint.size:,} entries")
            return
        raise CommandError(f"{options['answer']}: 不是 {one.name} 对本账本检查点的签名 / no cosignature of this log")

    def timestamp(self, _options: dict[str, Any]) -> None:
        """Have the newest checkpoint time-stamped."""
        newest = self._newest()
        try:
            at = stamp(newest)
        except TimestampError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{newest.size:,} 条，时间戳 / entries, time-stamped at {timezone.localtime(at).isoformat()}")

    def _newest(self) -> tree.Published:
        newest = tree.newest()
        if newest is None or not tree.vkeys():
            raise CommandError(NONE_YET)
        return newest
