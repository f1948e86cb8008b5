"""Whatever is done to an exported log or to the tables is told by the verifier, offline and on the command line."""

import base64
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.ledger import checks_quick, checks_tree, merkle, tiles, tree, verify
from casework.ledger.checks_helper import Helper
from casework.ledger.checks_tree import whole_log
from casework.ledger.models import Entry
from casework.ledger.notes import Checkpoint, Signer
from casework.ledger.publication import proof_of_entry, write_log
from casework.ledger.record import disclosed
from tests.ledger.conftest import Fill
from tests.ledger.test_signer import OFF, rewrite

SIZE = 300


@pytest.fixture
def log(fill: Fill, tmp_path: Path) -> Path:
    """An exported log of 300 entries in two tiles, the checkpoint of 200 kept outside as ``old``."""
    fill(200)
    first = tree.newest()
    fill(SIZE - 200)
    newest = tree.newest()
    assert first is not None
    assert newest is not None
    folder = tmp_path / "log"
    write_log(folder, newest)
    (tmp_path / "old").write_text(first.note, encoding="utf-8")
    (tmp_path / "newest").write_text(newest.note, encoding="utf-8")
    (tmp_path / "key").write_text(tree.vkeys()[-1], encoding="utf-8")
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o600)
    return folder


def check(log: Path, *more: str) -> int:
    kept = log.parent
    return verify.main(
        [str(log), "--vkey", str(kept / "key"), "--since", str(kept / "old"), "--since", str(kept / "newest"), *more]
    )


def change(path: Path, edit: Callable[[bytes], bytes]) -> None:
    before = path.read_bytes()
    after = edit(before)
    assert after != before
    path.write_bytes(after)


def entries(log: Path) -> list[bytes]:
    found: list[bytes] = []
    for name in ("000", "001.p/44"):
        found += verify.entries_of((log / "tile/entries" / name).read_bytes(), name)
    return found


def rebuild(log: Path, kept: list[bytes], signer: Signer) -> None:
    """Write a whole log of these entries in place of the old one: all of it agrees with itself."""
    hashes = [merkle.leaf_hash(entry) for entry in kept]
    made = tiles.extend(0, hashes, lambda _level, _n: b"")
    for level, n, width in tiles.tiles_of(len(kept)):
        for name, data in (
            (str(level), made[level, n]),
            *([("entries", tiles.bundle(kept[n * 256 : (n + 1) * 256]))] if level == 0 else []),
        ):
            path = log / "tile" / tiles.tile_path(name, n, width)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    root = merkle.root(len(kept), tiles.Tiles(lambda level, n: made[level, n]).node)
    (log / "checkpoint").write_text(signer.sign(Checkpoint(signer.name, len(kept), root).text()), encoding="utf-8")


def flip_entry(log: Path) -> None:
    change(log / "tile/entries/000", lambda data: data[:50] + bytes([data[50] ^ 1]) + data[51:])


def flip_tile(log: Path) -> None:
    change(log / "tile/0/000", lambda data: bytes([data[0] ^ 1]) + data[1:])


def flip_upper_tile(log: Path) -> None:
    change(log / "tile/1/000.p/1", lambda data: bytes([data[0] ^ 1]) + data[1:])


def swap_entries(log: Path) -> None:
    kept = entries(log)
    kept[5], kept[8] = kept[8], kept[5]
    (log / "tile/entries/000").write_bytes(tiles.bundle(kept[:256]))


def drop_last(log: Path) -> None:
    (log / "tile/entries/001.p/44").write_bytes(tiles.bundle(entries(log)[256:-1]))


def remove_tile(log: Path) -> None:
    (log / "tile/0/001.p/44").unlink()


def cut_off(log: Path) -> None:
    change(log / "tile/entries/000", lambda data: data[:-1])


def older_checkpoint(log: Path) -> None:
    (log / "checkpoint").write_bytes((log.parent / "old").read_bytes())


def another_logs_checkpoint(log: Path) -> None:
    other = Signer("other.example/log", "only for tests")
    note = other.sign(Checkpoint("other.example/log", SIZE, tree.head().root).text())
    (log / "checkpoint").write_text(note, encoding="utf-8")


def unknown_key(log: Path) -> None:
    name = (log / "checkpoint").read_text(encoding="utf-8").partition("\n")[0]
    rebuild(log, entries(log), Signer(name, "unknown"))


def event_removed_and_signed_again(log: Path) -> None:
    """The log's own key signs a log that lacks one event: only the sequence and older checkpoints can tell."""
    name = (log / "checkpoint").read_text(encoding="utf-8").partition("\n")[0]
    kept = entries(log)
    rebuild(log, kept[:100] + kept[101:] + [kept[100]], Signer(name, "only for tests"))


def rewritten_and_signed_again(log: Path) -> None:
    name = (log / "checkpoint").read_text(encoding="utf-8").partition("\n")[0]
    kept = entries(log)
    last = len(kept) - 1
    kept[last] = kept[last].replace("甲处".encode(), "乙处".encode())
    rebuild(log, kept, Signer(name, "only for tests"))


WAYS = [
    flip_entry, flip_tile, flip_upper_tile, swap_entries, drop_last, remove_tile, cut_off, older_checkpoint,
    another_logs_checkpoint, unknown_key, event_removed_and_signed_again, rewritten_and_signed_again,
]  # fmt: skip


def test_the_log_is_intact_before_it_is_tampered_with(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Neither side needs the slow pass, which is for telling what is wrong.
    monkeypatch.setattr(verify, "sequence_faults", lambda *_: pytest.fail("read again"))
    monkeypatch.setattr(checks_tree, "entry_defects", lambda *_: pytest.fail("read again"))

    assert check(log) == 0
    assert list(whole_log()) == []


@pytest.mark.parametrize("way", WAYS, ids=lambda way: str(way.__name__))
def test_every_way_of_tampering_with_the_files_is_told_offline(log: Path, way: Callable[[Path], None]) -> None:
    way(log)

    assert check(log) == 1


def test_the_verifier_needs_nothing_but_python(log: Path, tmp_path: Path) -> None:
    alone = tmp_path / "verify.py"
    alone.write_bytes(Path(verify.__file__).read_bytes())
    run = [sys.executable, "-I", "-S", str(alone), str(log), "--vkey", str(tmp_path / "key")]

    good = subprocess.run(run, capture_output=True, check=False)
    flip_entry(log)
    bad = subprocess.run(run, capture_output=True, check=False)

    assert (good.returncode, good.stderr) == (0, b"")
    assert bad.returncode == 1
    assert "第 0 条".encode() in bad.stdout


def test_what_is_no_log_is_said_to_be_none(tmp_path: Path) -> None:
    key = str(Signer("x", "y").verifier)

    assert verify.main([str(tmp_path), "--vkey", key]) == 2
    assert verify.main([str(tmp_path / "missing"), "--vkey", key]) == 2
    assert verify.main([str(tmp_path)]) == 2
    assert verify.main([str(tmp_path), "--vkey", "x+y+z"]) == 2


@pytest.mark.parametrize("line", [1, 2, 4, 5, 6])
def test_a_changed_line_of_a_proof_is_told(log: Path, tmp_path: Path, line: int) -> None:
    row = Entry.objects.order_by("pk")[70]
    text = proof_of_entry(row)
    assert text is not None
    (tmp_path / "entry").write_bytes(bytes(row.header))
    (tmp_path / "proof").write_text(text, encoding="utf-8")
    run = ["--proof", str(tmp_path / "proof"), "--entry", str(tmp_path / "entry"), "--vkey", str(tmp_path / "key")]
    assert verify.main(run) == 0

    lines = text.split("\n")
    lines[line] = "index 71" if line == 1 else base64.b64encode(b"\1" * 32).decode()
    (tmp_path / "proof").write_text("\n".join(lines), encoding="utf-8")

    assert verify.main(run) == 1


def test_another_value_is_not_the_disclosed_one(log: Path) -> None:
    row = Entry.objects.order_by("pk")[0]
    digest = row.payload["_sd"]["holder"]

    assert disclosed(row) == {"holder": "丁某某"}
    assert not verify.disclosure_holds(digest, "holder", "虞某", "00" * 16)


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger.entry set header = header || ' ' where id = (select min(id) from ledger.entry)",
        "update ledger.leaf set leaf_hash = sha256('x') where idx = 7",
        "update ledger.tile set data = sha256('x') || substring(data from 33) where level = 0 and n = 0",
        "update ledger.tile set data = sha256('x') where level = 1",
        "update ledger.leaf set entry_id = -1 where idx = 7",
        "delete from ledger.leaf where idx = 299",
        "delete from ledger.leaf where idx = 5",
        "delete from ledger.tile where n = 1",
        "delete from ledger.entry where id = (select max(id) from ledger.entry)",
        "update ledger.state set size = 299",
        "update ledger.checkpoint set note = replace(note, '300', '301') where size = 300",
        "update ledger.checkpoint set root = sha256('x') where size = 200",
    ],
)
def test_every_way_of_tampering_with_the_tables_is_told(as_owner: Any, log: Path, statement: str) -> None:
    assert list(whole_log()) == []

    assert as_owner.execute(OFF + statement) is not None

    assert list(whole_log())


@pytest.fixture
def second_thread() -> Iterator[None]:
    """Be a process that cannot be copied, for the length of the test."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    yield
    end.set()
    thread.join()


@pytest.mark.parametrize(("parts", "way"), [(2, "copied"), (4, "copied"), (2, "begun anew")])
def test_further_processes_check_the_tables_and_tell_what_one_tells(
    as_owner: Any, log: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, parts: int, way: str
) -> None:
    if way == "begun anew":
        request.getfixturevalue("second_thread")
    monkeypatch.setattr(checks_quick, "MANY", 1)
    monkeypatch.setattr(checks_quick, "processors", lambda: parts)
    made: list[Helper] = []
    done: list[int] = []

    class Counted(Helper):
        def __init__(self, *order: Any) -> None:
            super().__init__(*order)
            made.append(self)

    monkeypatch.setattr(checks_quick, "Helper", Counted)
    with monkeypatch.context() as quick:
        quick.setattr(checks_tree, "entry_defects", lambda *_: pytest.fail("read again"))

        assert list(whole_log(done.append)) == []

    assert len(made) == parts - 1
    assert done[-1] == SIZE == Entry.objects.count()
    last = "where id = (select max(id) from ledger.entry)"
    # The hash in the tree is put right too: only who reads the entry knows that it is another thing's.
    as_owner.execute(f"{OFF} update ledger.entry set stream = 'thing:9', ref = 'thing:9', stream_seq = 1 {last}")

    faults = list(whole_log())

    assert len(faults) == 1
    assert "索引与内容不符" in faults[0]


def test_a_consistent_rewrite_of_the_tables_is_told_by_what_was_signed(as_owner: Any, fill: Fill) -> None:
    fill(9)
    rewrite(as_owner)

    faults = list(whole_log())

    assert any("与检查点（9 条）" in fault for fault in faults)
    assert any("与签名器的记录" in fault for fault in faults)


def test_plain_ed25519_agrees_with_the_library() -> None:
    signer = Signer("x", "y")
    note = signer.sign("甲\n")
    blob = base64.b64decode(note.rpartition(" ")[2])[4:]
    key = signer.verifier.key

    assert verify.ed25519_holds_plain(key, "甲\n".encode(), blob)
    assert not verify.ed25519_holds_plain(key, "乙\n".encode(), blob)
    for place in (0, 31, 32, 63):
        assert not verify.ed25519_holds_plain(
            key, "甲\n".encode(), blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        )
    assert not verify.ed25519_holds_plain(b"\xff" * 32, "甲\n".encode(), blob)
    assert not verify.ed25519_holds_plain(key, "甲\n".encode(), blob[:-1])
