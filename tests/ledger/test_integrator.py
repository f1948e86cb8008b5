"""The ledger's process and commands, as administrators run them."""

import io
import os
import signal as signals
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from casework.ledger import integrator, tree, verify
from casework.ledger.checks_tree import whole_log
from casework.ledger.integrator import Integrator
from casework.ledger.signer import LedgerSigner
from casework.local.process import wait_until
from tests.ledger.conftest import Fill
from tests.ledger.test_signer import OFF


def run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("ledger", *arguments, stdout=out, stderr=io.StringIO())
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


class Running:
    """An integrator at work in a thread with a connection of its own."""

    def __init__(self, signer: LedgerSigner, folder: Path) -> None:
        self.said: list[str] = []
        self.work = Integrator(signer, self.said.append, folder)
        self.thread = threading.Thread(target=self.work.run)

    def __enter__(self) -> "Running":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.work.ending = True
        self.thread.join(120)
        assert not self.thread.is_alive()


def test_the_process_gives_place_signs_and_writes_files(
    as_owner: Any, signer: LedgerSigner, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Running(signer, tmp_path / "files"):
        fill(10, sign=False)
        assert wait_until(lambda: tree.head().size == 10, 120.0)
        fill(3, sign=False)
        assert wait_until(lambda: tree.checkpoint_at(13) is not None, 120.0)
        assert wait_until((tmp_path / "files" / "tile/0/000.p/13").is_file, 120.0)
        assert wait_until(lambda: tree.last_check("verify") is not None, 120.0)
        time.sleep(0.3)

    assert verify.check_log(tmp_path / "files", tree.vkeys()[-1]) == (13, [])
    assert tree.lag_seconds() == 0


def test_a_refusal_is_kept_for_the_auditor_and_entries_get_their_place_all_the_same(
    as_owner: Any, signer: LedgerSigner, fill: Fill, tmp_path: Path
) -> None:
    fill(5)
    state = signer.path.read_bytes()
    signer.path.unlink()
    work = Integrator(signer, print, tmp_path / "files")
    fill(1, sign=False)

    work.turn()

    kept = tree.last_check("sign")
    assert kept is not None
    assert "状态文件" in kept.faults[0]
    assert tree.head().size == 6
    signer.path.write_bytes(state)
    work.turn()
    kept = tree.last_check("sign")
    assert kept is not None
    assert kept.faults == []
    assert tree.newest() == tree.checkpoint_at(6)


def test_a_second_process_waits_for_the_first(
    as_owner: Any, signer: LedgerSigner, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrator, "RETRY", 0.3)
    second = Running(signer, tmp_path / "second")
    with Running(signer, tmp_path / "first"):
        fill(4, sign=False)
        assert wait_until(lambda: tree.head().size == 4, 120.0)
        with second:
            assert wait_until(lambda: any("另一个入账进程" in text for text in second.said), 120.0)
    assert list(whole_log()) == []


def test_whoever_waits_for_a_proof_wakes_the_process(
    as_owner: Any, signer: LedgerSigner, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrator, "TICK", 600.0)  # within the time that is waited for, only the waking helps
    with Running(signer, tmp_path / "files") as running:
        time.sleep(1.0)
        with transaction.atomic():
            fill(2, sign=False)
            with connection.cursor() as cursor:
                cursor.execute("notify ledger_wake")
        assert wait_until(lambda: tree.head().size == 2, 120.0)
        running.work.ending = True
        with connection.cursor() as cursor:
            cursor.execute("notify ledger_wake")


def test_the_process_ends_politely(as_owner: Any, signer: LedgerSigner, tmp_path: Path) -> None:
    kept = signals.getsignal(signals.SIGTERM), signals.getsignal(signals.SIGINT)
    work = Integrator(signer, lambda text: os.kill(os.getpid(), signals.SIGTERM), tmp_path)
    try:
        work.handle_signals()
        work.run()
    finally:
        signals.signal(signals.SIGTERM, kept[0])
        signals.signal(signals.SIGINT, kept[1])

    assert work.ending


def test_checkpoint_and_export_before_and_after_the_first_signature(fill: Fill, tmp_path: Path) -> None:
    for arguments in (["checkpoint"], ["checkpoint", "--vkey"], ["export", str(tmp_path / "log")]):
        with pytest.raises(CommandError, match="还没有检查点"):
            call_command("ledger", *arguments)
    fill(7)

    newest = tree.newest()
    assert newest is not None
    assert run("checkpoint") == (0, newest.note)
    code, vkey = run("checkpoint", "--vkey")
    assert (code, vkey) == (0, tree.vkeys()[-1] + "\n")
    assert run("export", str(tmp_path / "log"))[0] == 0
    assert (tmp_path / "log" / "vkey").read_text(encoding="utf-8") == vkey
    assert verify.main([str(tmp_path / "log"), "--vkey", vkey]) == 0
    assert run("verify")[0] == 0


def test_verify_tells_and_keeps_what_is_wrong(as_owner: Any, fill: Fill) -> None:
    fill(7)
    as_owner.execute(OFF + "update ledger.tile set data = sha256('x') || substring(data from 33)")

    code, text = run("verify")

    assert code == 1
    assert "tile/0/000.p/7" in text
    kept = tree.last_check("verify")
    assert kept is not None
    assert kept.faults == text.splitlines()[:-1]


def test_trust_on_the_command_line(signer: LedgerSigner, fill: Fill, tmp_path: Path, settings: Any) -> None:
    settings.CASEWORK_SIGNING_KEY = "only for tests"
    fill(5)
    newest = tree.newest()
    assert newest is not None
    (tmp_path / "kept").write_text(newest.note, encoding="utf-8")
    signer.path.unlink()

    assert "5 条" in run("trust", str(tmp_path / "kept"))[1]
    with pytest.raises(CommandError, match="missing"):
        call_command("ledger", "trust", str(tmp_path / "missing"))
    (tmp_path / "kept").write_text("x", encoding="utf-8")
    with pytest.raises(CommandError, match="不是本签名器签的"):
        call_command("ledger", "trust", str(tmp_path / "kept"))
    fill(1)
    assert list(whole_log()) == []
