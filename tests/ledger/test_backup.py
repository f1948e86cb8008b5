"""A backup is restored to the last published checkpoint and never below; what is damaged or forked is refused."""

import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.files import storage
from casework.files.services.blobs import store_blob
from casework.ledger import tree, verify
from casework.ledger.checks_tree import whole_log
from casework.ledger.integrator import drain, log_folder
from casework.ledger.models import Entry
from casework.ledger.publication import write_log
from casework.ledger.record import disclosed
from casework.ledger.replay import ReplayError, floor_of, head_of, replay
from casework.ledger.services.erasures import approve_erasure, ask_erasure
from casework.ledger.signer import LedgerSigner, state_path
from casework.local.backup import BackupError, check_backup, make_backup
from casework.local.restore import connect, restore_backup
from tests.build import a_user
from tests.ledger.conftest import AT, Fill

STAMP = "20211216"
quiet = lambda _text: None  # noqa: E731


@pytest.fixture
def signer(as_owner: Any, settings: Any, tmp_path: Path) -> LedgerSigner:
    """The instance's own signer, so that a restore continues it."""
    settings.CASEWORK_SIGNING_KEY = "only for tests"
    settings.CASEWORK_STORAGE = f"file://{tmp_path / 'home' / 'files'}"
    return LedgerSigner()


@pytest.fixture
def name(as_owner: Any) -> Iterator[str]:
    """The database's name; what a restore put aside is dropped in the end."""
    found = str(connection.settings_dict["NAME"])
    drop = f'drop database if exists "{found}_before_{STAMP}" with (force)'
    with connect("postgres") as server:
        server.execute(drop)
    yield found
    connection.close()
    with connect("postgres") as server:
        server.execute(drop)


def publish() -> None:
    newest = tree.newest()
    assert newest is not None
    write_log(log_folder(), newest)


def erase(entry: Entry) -> None:
    """Erase the holder's name, as the law may order: three entries."""
    asked = ask_erasure(
        entry, ["holder"], basis="第四十七条", actor=a_user("甲", Role.CASE_OFFICER), at=AT, reason="请求"
    )
    for name in ("乙", "丙"):
        approve_erasure(asked, actor=a_user(name, Role.APPROVER), at=AT)


def test_a_backup_comes_back_and_what_was_published_since_is_replayed(
    as_owner: Any, signer: LedgerSigner, fill: Fill, name: str, tmp_path: Path
) -> None:
    blob = store_blob([b"pool login\n"], actor=User.objects.latest("pk"), at=AT)
    fill(300)
    fill(4, sign=False)  # waiting in the queue while the backup is made
    made = make_backup(tmp_path / "backup", at=AT, tell=quiet)
    drain(signer)
    erase(Entry.objects.order_by("pk")[0])
    fill(37)
    publish()
    before = tree.newest()
    assert before is not None
    assert made["entries"] == 300
    with pytest.raises(BackupError, match="正在使用"):
        restore_backup(tmp_path / "backup", logs=[], stamp=STAMP, tell=quiet)
    assert tree.head().size == 344

    as_owner.close()
    storage.path_of(blob.sha256).unlink()
    found = restore_backup(tmp_path / "backup", logs=[], stamp=STAMP, tell=quiet)

    assert (found.entries, found.replayed, found.faults) == (344, 44, [])
    assert found.kept_database == f"{name}_before_{STAMP}"
    after = tree.newest()
    assert after is not None
    assert (after.size, after.root) == (before.size, before.root)
    assert Entry.objects.count() == 344
    assert disclosed(Entry.objects.order_by("pk")[0]) == {}  # erased since the backup: it stays erased
    assert storage.path_of(blob.sha256).read_bytes() == b"pool login\n"
    fill(3)
    assert list(whole_log()) == []
    publish()
    assert verify.main([str(log_folder()), "--since", str(log_folder() / "checkpoint")]) == 0


def test_what_cannot_reach_the_published_checkpoint_or_is_damaged_is_refused_and_nothing_is_changed(
    signer: LedgerSigner, fill: Fill, tmp_path: Path
) -> None:
    fill(5)
    make_backup(tmp_path / "backup", at=AT, tell=quiet)
    fill(4)
    state = state_path().read_bytes()
    with connection.cursor() as cursor:  # the database is lost: its log cannot be written out
        cursor.execute("alter table ledger.checkpoint rename to lost")
    shutil.rmtree(log_folder(), ignore_errors=True)

    with pytest.raises(ReplayError, match="签过 9 条，手上的账本文件只到 5 条"):
        restore_backup(tmp_path / "backup", logs=[], stamp=STAMP, tell=quiet)
    with pytest.raises(BackupError, match="没有 checkpoint"):
        restore_backup(tmp_path / "backup", logs=[tmp_path], stamp=STAMP, tell=quiet)
    with pytest.raises(CommandError, match="不是备份"):
        call_command("restore", str(tmp_path), stdout=StringIO(), stderr=StringIO())
    with pytest.raises(CommandError, match="不是空的"):
        call_command("backup", str(tmp_path), stdout=StringIO(), stderr=StringIO())
    (tmp_path / "backup" / "ledger" / "checkpoint").write_text("x")
    (tmp_path / "backup" / "signer" / "state.json").unlink()
    with pytest.raises(BackupError, match=r"缺了或改了.*signer/state.json, ledger/checkpoint"):
        check_backup(tmp_path / "backup")
    assert tree.head().size == 9
    assert state_path().read_bytes() == state


def test_a_log_that_does_not_continue_the_backup_is_not_replayed(
    as_owner: Any, signer: LedgerSigner, fill: Fill, tmp_path: Path
) -> None:
    fill(6)
    fill(3)
    publish()
    vkeys = tree.vkeys()
    note = (log_folder() / "checkpoint").read_text()
    head = head_of(note, vkeys, "kept", log_folder())
    assert head is not None
    assert replay(head) == 0  # it has all of it
    assert head_of(note, ["x+00000000+AAAA"], "kept") is None
    other = head_of(note, vkeys, "other")
    assert other is not None
    with pytest.raises(ReplayError, match="分叉"):
        floor_of([head, type(other)(9, b"\1" * 32, note, "other")])
    assert floor_of([other, head]) == head

    off = "".join(f"alter table ledger.{one} disable trigger all; " for one in ("leaf", "tile", "state", "entry"))
    as_owner.execute(
        off + "delete from ledger.leaf where idx >= 6; delete from ledger.entry where id not in"
        " (select entry_id from ledger.leaf); update ledger.tile set data = substring(data for 192)"
    )
    root = tree.checkpoint_at(6)
    assert root is not None
    as_owner.execute("update ledger.state set size = 6, root = sha256('x')")
    with pytest.raises(ReplayError, match="不一致"):
        replay(head)
    as_owner.execute("update ledger.state set size = 6, root = %s", [root.root])
    path = log_folder() / "tile/entries/000.p/9"
    path.chmod(0o600)
    kept = path.read_bytes()
    path.write_bytes(kept.replace("甲处".encode(), "乙处".encode()))
    with pytest.raises(ReplayError, match=r"推不出|不同"):
        replay(head)
    assert tree.head().size == 6
    path.write_bytes(kept)
    assert replay(head) == 3
    assert tree.head().root == head.root
