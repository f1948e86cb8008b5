"""The log grows in batches, is signed, exported, and read by the offline verifier."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from casework.ledger import tree, verify
from casework.ledger.checks_tree import whole_log
from casework.ledger.integrator import drain
from casework.ledger.models import Entry
from casework.ledger.publication import DiffersError, proof_of_entry, write_log
from casework.ledger.signer import LedgerSigner
from tests.ledger.conftest import become_owner

Fill = Callable[..., None]


def test_entries_wait_in_the_queue_and_get_their_place_in_order(signer: LedgerSigner, fill: Fill) -> None:
    fill(5, sign=False)
    ids = list(Entry.objects.order_by("pk").values_list("pk", flat=True))
    assert all(one.waiting is not None for one in tree.surroundings(ids).entries.values())
    assert tree.places(ids) == {}
    assert 0 < tree.lag_seconds() < 10

    assert drain(signer) == 5

    assert tree.places(ids) == {pk: place for place, pk in enumerate(ids)}
    assert {one.waiting for one in tree.surroundings(ids).entries.values()} == {None}
    assert tree.lag_seconds() == 0
    newest = tree.newest()
    assert newest is not None
    assert (newest.size, newest.root) == (5, tree.head().root)
    assert drain(signer) == 0
    assert list(whole_log()) == []


def test_batches_and_tiles_that_do_not_fit_give_one_tree(fill: Fill, tmp_path: Path) -> None:
    for count in (200, 100, 1, 240):
        fill(count)
    newest = tree.newest()
    assert newest is not None
    assert newest.size == 541
    assert list(whole_log()) == []

    write_log(tmp_path, newest)

    assert verify.check_log(tmp_path, tree.vkeys()[-1]) == (541, [])
    assert (tmp_path / "tile/0/002.p/29").stat().st_size == 29 * 32
    assert (tmp_path / "tile/1/000.p/2").is_file()
    assert (tmp_path / "tile/entries/001").is_file()
    assert verify.main([str(tmp_path)]) == 0


def test_an_export_is_continued_and_proves_its_past(fill: Fill, tmp_path: Path) -> None:
    fill(300)
    first = tree.newest()
    assert first is not None
    write_log(tmp_path, first)
    fill(300)
    second = tree.newest()
    assert second is not None

    write_log(tmp_path, second)

    (tmp_path / "old").write_text(first.note, encoding="utf-8")
    assert verify.main([str(tmp_path), "--since", str(tmp_path / "old")]) == 0
    assert verify.check_log(tmp_path, tree.vkeys()[-1], [first.note, second.note]) == (600, [])


def test_a_file_that_was_changed_is_never_written_over(fill: Fill, tmp_path: Path) -> None:
    fill(10)
    newest = tree.newest()
    assert newest is not None
    write_log(tmp_path, newest)
    path = tmp_path / "tile/entries/000.p/10"
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace("甲处".encode(), "乙处".encode()))

    with pytest.raises(DiffersError, match="tile/entries"):
        write_log(tmp_path, newest)


def test_every_entry_has_a_proof_that_holds_for_it_alone(fill: Fill) -> None:
    fill(270)
    vkey = tree.vkeys()[-1]
    rows = list(Entry.objects.order_by("pk"))

    for place in (0, 1, 255, 256, 269):
        text = proof_of_entry(rows[place])
        assert text is not None
        assert verify.check_proof(text, bytes(rows[place].header), vkey)[:2] == (place, 270)
        with pytest.raises(verify.AlteredError):
            verify.check_proof(text, bytes(rows[place - 1].header), vkey)


def test_an_entry_without_its_place_has_no_proof_yet(fill: Fill) -> None:
    fill(2)
    fill(1, sign=False)

    assert proof_of_entry(Entry.objects.order_by("-pk")[0]) is None


def test_an_act_that_is_rolled_back_leaves_nothing(fill: Fill) -> None:
    fill(3)

    with transaction.atomic():
        fill(1, sign=False)
        transaction.set_rollback(True)

    fill(1)
    assert tree.head().size == 4
    assert list(whole_log()) == []


def test_two_integrators_give_each_entry_one_place(as_owner: Any, fill: Fill) -> None:
    fill(60, sign=False)
    taken: list[int] = []

    def work() -> None:
        try:
            taken.extend(tree.integrate_batch(5).taken for _turn in range(40))
        finally:
            connection.close()

    become_owner()
    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    while more := tree.integrate_batch().taken:
        taken.append(more)
    assert sum(taken) == 60
    assert tree.head().size == 60
    assert list(whole_log()) == []


@pytest.mark.parametrize("table", ["queue", "leaf", "tile", "state", "checkpoint", "signing_key", "check_run"])
@pytest.mark.parametrize("act", ["update", "delete", "truncate"])
def test_the_running_role_cannot_touch_the_tree(db: None, table: str, act: str) -> None:
    column = {"queue": "entry_id", "leaf": "idx", "tile": "n", "state": "size", "checkpoint": "note"}.get(table, "id")
    statement = {
        "update": f"update ledger.{table} set {column} = {column}",
        "delete": f"delete from ledger.{table}",
        "truncate": f"truncate ledger.{table}",
    }[act]
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into ledger.queue (entry_id) values (1)",
        "insert into ledger.leaf (idx, entry_id, leaf_hash) values (0, 1, sha256(''))",
        "insert into ledger.tile (level, n, data) values (0, 0, sha256(''))",
        "insert into ledger.checkpoint (size, root, note) values (1, sha256(''), 'x')",
        "insert into ledger.signing_key (vkey, since_size) values ('x', 0)",
    ],
)
def test_the_running_role_cannot_add_to_the_tree(db: None, statement: str) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger.leaf set leaf_hash = sha256('x')",
        "delete from ledger.leaf",
        "update ledger.tile set data = sha256('x')",
        "delete from ledger.tile",
        "update ledger.state set size = 1",
        "delete from ledger.state",
        "update ledger.checkpoint set note = 'x'",
        "delete from ledger.checkpoint",
        "truncate ledger.leaf, ledger.tile",
        "set session_replication_role = replica; delete from ledger.leaf",
    ],
)
def test_the_owner_too_must_first_take_the_guards_away(as_owner: Any, fill: Fill, statement: str) -> None:
    fill(3)

    with pytest.raises(Exception, match="append-only"):
        as_owner.execute(statement)
