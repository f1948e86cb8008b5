"""The signer signs nothing that does not continue what it signed before: the detection matrix of decision 3."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from casework.ledger import merkle, tree
from casework.ledger.checks_tree import whole_log
from casework.ledger.integrator import alarm, drain
from casework.ledger.models import Entry
from casework.ledger.notes import BadNote, Checkpoint, Signer, Verifier, read_checkpoint
from casework.ledger.signer import LedgerSigner, RefusedError, signing_secret
from casework.ledger.tiles import Tiles, extend

Fill = Callable[..., None]
OFF = "".join(
    f"alter table ledger.{table} disable trigger all; " for table in ("entry", "leaf", "tile", "state", "checkpoint")
)
STEP = "convert_to(replace(convert_from(header, 'UTF8'), '甲处', '乙处'), 'UTF8')"


def rewrite(owner: Any, size: int | None = None) -> None:
    """Do what an administrator with time can do: change an entry and make leaf, tiles and head agree with it."""
    owner.execute(OFF + f"update ledger.entry set header = {STEP} where stream = 'thing:2' and stream_seq = 1")
    rebuild(owner, size)
    owner.execute("alter table ledger.entry enable always trigger entry_enqueue")  # nobody is to notice


def rebuild(owner: Any, size: int | None = None) -> None:
    """Make leaves, tiles and head agree with the entries of the first ``size`` places."""
    rows = owner.execute(
        "select leaf.idx, entry.leaf_hash from ledger.leaf join ledger.entry on entry.id = entry_id order by idx"
    ).fetchall()[:size]
    kept = extend(0, [hashed for _idx, hashed in rows], lambda _level, _n: b"")
    root = merkle.root(len(rows), Tiles(lambda level, n: kept[level, n]).node)
    owner.execute(OFF + "delete from ledger.tile")
    for (level, n), data in kept.items():
        owner.execute("insert into ledger.tile (level, n, data) values (%s, %s, %s)", [level, n, data])
    for idx, hashed in rows:
        owner.execute("update ledger.leaf set leaf_hash = %s where idx = %s", [hashed, idx])
    owner.execute("update ledger.state set size = %s, root = %s", [len(rows), root])


def refused(signer: LedgerSigner) -> str:
    before = tree.newest()
    with pytest.raises(RefusedError) as caught:
        signer.sign()
    assert tree.newest() == before
    return str(caught.value)


def test_a_checkpoint_is_a_signed_note_of_the_log(signer: LedgerSigner, fill: Fill) -> None:
    fill(4)
    newest = tree.newest()
    assert newest is not None

    found = read_checkpoint(newest.note, Verifier.parse(tree.vkeys()[-1]))

    assert (found.size, found.root) == (4, tree.head().root)
    assert found.origin.startswith("localhost:8000/ledger/")
    assert newest.note.count("\n") == 5
    assert signer.sign() is None


def test_an_old_entry_rewritten_consistently_is_refused_at_the_next_growth(
    as_owner: Any, signer: LedgerSigner, fill: Fill
) -> None:
    fill(9)
    rewrite(as_owner)

    assert "同为 9 条" in refused(signer)
    fill(1, sign=False)
    tree.integrate_batch()
    assert "推出的根与树不同" in refused(signer)
    assert any("与检查点（9 条）" in fault for fault in list(whole_log()))
    assert any("签名器的记录" in fault for fault in list(whole_log()))


def test_going_back_to_an_old_copy_is_refused(as_owner: Any, signer: LedgerSigner, fill: Fill) -> None:
    fill(5)
    fill(4)
    as_owner.execute(OFF + "delete from ledger.checkpoint where size = 9; delete from ledger.leaf where idx >= 5")
    rebuild(as_owner, 5)

    assert "退回过旧的状态" in refused(signer)
    assert any("已签过 9 条" in fault for fault in list(whole_log()))


def test_a_fork_of_the_same_size_is_refused(as_owner: Any, signer: LedgerSigner, fill: Fill) -> None:
    fill(5)
    as_owner.execute(OFF + "delete from ledger.checkpoint")
    rewrite(as_owner)

    assert "根与签过的不同" in refused(signer)


def test_a_new_entry_changed_before_it_is_signed_is_refused(as_owner: Any, signer: LedgerSigner, fill: Fill) -> None:
    fill(3)
    fill(3, sign=False)
    tree.integrate_batch()
    as_owner.execute(OFF + "update ledger.entry set kind = kind, header = header || ' ' where stream_seq = 2")

    assert "内容与摘要不符" in refused(signer)


def test_a_leaf_that_was_removed_is_refused(as_owner: Any, signer: LedgerSigner, fill: Fill) -> None:
    fill(3)
    fill(3, sign=False)
    tree.integrate_batch()
    as_owner.execute(OFF + "delete from ledger.leaf where idx = 4")

    assert "缺第 4 条" in refused(signer)


def test_a_missing_state_file_is_refused_until_a_kept_checkpoint_is_given(signer: LedgerSigner, fill: Fill) -> None:
    fill(5)
    first = tree.newest()
    fill(3)
    second = tree.newest()
    assert first is not None
    assert second is not None
    signer.path.unlink()
    fill(1, sign=False)
    tree.integrate_batch()

    assert "状态文件" in refused(signer)
    with pytest.raises(RefusedError, match="已公布到 8 条"):
        signer.trust(first.note)
    with pytest.raises(RefusedError, match="不是本签名器签的"):
        signer.trust(Signer(second.note.partition("\n")[0], "another").sign(second.note.partition("\n\n")[0] + "\n"))
    assert signer.trust(second.note).size == 8
    assert signer.sign() is not None
    assert list(whole_log()) == []


def test_trust_needs_a_log_that_begins_with_the_checkpoint(as_owner: Any, signer: LedgerSigner, fill: Fill) -> None:
    fill(6)
    newest = tree.newest()
    assert newest is not None
    signer.path.unlink()
    rewrite(as_owner)

    with pytest.raises(RefusedError, match="推出的根"):
        signer.trust(newest.note)


def test_an_older_state_file_is_refused(signer: LedgerSigner, fill: Fill) -> None:
    fill(5)
    old = signer.path.read_bytes()
    fill(2)
    signer.path.write_bytes(old)

    assert "是旧的" in refused(signer)


def test_a_newer_state_file_publishes_what_it_had_signed(as_owner: Any, signer: LedgerSigner, fill: Fill) -> None:
    fill(5)
    fill(2)
    as_owner.execute(OFF + "delete from ledger.checkpoint where size = 7")

    assert signer.sign() is not None

    newest = tree.newest()
    assert newest is not None
    assert newest.size == 7
    assert list(whole_log()) == []


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"origin":"x","note":"","size":3,"frontier":[]}'])
def test_an_unreadable_state_file_is_refused(signer: LedgerSigner, fill: Fill, content: bytes) -> None:
    fill(3)
    signer.path.write_bytes(content)

    assert "状态文件" in refused(signer)


def test_a_state_file_that_was_edited_is_refused(signer: LedgerSigner, fill: Fill) -> None:
    fill(3)
    text = signer.path.read_text(encoding="utf-8")
    place = text.index('"frontier": [')
    edited = text[:place] + text[place:].replace("a", "b", 1) if "a" in text[place:] else text.replace("1", "2", 1)
    signer.path.write_text(edited, encoding="utf-8")

    assert refused(signer)


def test_another_key_is_refused(as_owner: Any, signer: LedgerSigner, fill: Fill) -> None:
    fill(3)

    assert "换过" in refused(LedgerSigner(signer.path, "another"))


def test_an_entry_that_was_never_queued_is_told_by_the_verification(as_owner: Any, fill: Fill) -> None:
    fill(3)
    as_owner.execute(OFF)
    fill(1)

    assert tree.head().size == 3
    assert [fault for fault in whole_log() if "既不在树中也不在队列" in fault]


def test_an_entry_removed_from_the_queue_is_told_by_the_verification(as_owner: Any, fill: Fill) -> None:
    fill(3)
    fill(1, sign=False)
    as_owner.execute("delete from ledger.queue")

    assert [fault for fault in whole_log() if "既不在树中也不在队列" in fault]


def test_an_entry_removed_before_its_place_is_an_alarm(as_owner: Any, signer: LedgerSigner, fill: Fill) -> None:
    fill(3)
    fill(1, sign=False)
    last = Entry.objects.order_by("-pk")[0].pk
    as_owner.execute(OFF + f"delete from ledger.entry where id = {last}")

    assert any("不见了" in fault for fault in list(whole_log()))
    drain(signer)

    kept = tree.last_check("integrate")
    assert kept is not None
    assert str(last) in kept.faults[0]


def test_an_alarm_is_kept_once(as_owner: Any) -> None:
    alarm("sign", "一样的话")
    alarm("sign", "一样的话")

    assert as_owner.execute("select count(*) from ledger.check_run").fetchone() == (1,)
    tree.note_check("sign", timezone.now(), timezone.now(), 0, [])
    alarm("sign", "一样的话")
    assert as_owner.execute("select count(*) from ledger.check_run").fetchone() == (3,)


def test_the_key_is_made_once_and_private(settings: Any, tmp_path: Path) -> None:
    settings.CASEWORK_HOME, settings.CASEWORK_SIGNING_KEY = tmp_path, ""

    made = signing_secret()

    assert len(made) >= 32
    assert signing_secret() == made
    assert (tmp_path / "secrets" / "signing_key").stat().st_mode & 0o777 == 0o600
    settings.CASEWORK_SIGNING_KEY = "given"
    assert signing_secret() == "given"


NOTE = Signer("甲.example/log", "k").sign(Checkpoint("甲.example/log", 3, b"\7" * 32).text())


def test_a_note_is_read_by_its_own_key_alone() -> None:
    key = Signer("甲.example/log", "k").verifier

    assert read_checkpoint(NOTE, key) == Checkpoint("甲.example/log", 3, b"\7" * 32)
    assert Verifier.parse(str(key)) == key
    with pytest.raises(BadNote, match="no known key"):
        read_checkpoint(NOTE, Signer("乙.example/log", "k").verifier)
    stranger = Signer("x", "y").sign("t\n").rpartition("\n\n")[2]
    assert read_checkpoint(NOTE + stranger, key).size == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [("\n3\n", "\n4\n"), ("\n3\n", "\n03\n"), ("\n\n", "\n"), ("\u2014", "-"), ("\n3\n", "\n\x073\n"), ("Bw", "Bx")],
)
def test_a_malformed_or_altered_note_is_refused(old: str, new: str) -> None:
    with pytest.raises(BadNote):
        read_checkpoint(NOTE.replace(old, new, 1), Signer("甲.example/log", "k").verifier)


@pytest.mark.parametrize("vkey", ["", "a+b", "a+00000000+AAAA", "a+b+c+d"])
def test_a_malformed_key_is_refused(vkey: str) -> None:
    with pytest.raises(BadNote):
        Verifier.parse(vkey)
