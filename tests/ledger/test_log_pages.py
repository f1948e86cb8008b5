"""The log's routes: the layout of C2SP tlog-tiles, who may fetch what, and the states the pages tell."""

import base64
import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from casework.ledger import tree, verify
from casework.ledger.chores import check_all
from casework.ledger.models import Entry
from casework.ledger.publication import write_log
from casework.ledger.web.proof import proof_of
from tests.ledger.conftest import Fill, make_cast
from tests.ledger.test_signer import OFF, rewrite


def fetch(user: Any, path: str) -> tuple[int, bytes]:
    client = Client()
    if user is not None:
        client.force_login(user)
    answer = client.get(path)
    return answer.status_code, answer.content


@pytest.fixture
def published(fill: Fill) -> tree.Published:
    fill(200)
    fill(100)
    newest = tree.newest()
    assert newest is not None
    return newest


def test_the_routes_serve_what_the_export_holds(published: tree.Published, tmp_path: Path) -> None:
    auditor = make_cast().auditor
    write_log(tmp_path, published)

    assert fetch(auditor, "/ledger/checkpoint") == (200, published.note.encode())
    for path in sorted((tmp_path / "tile").rglob("*")):
        if path.is_file():
            address = f"/ledger/{path.relative_to(tmp_path).as_posix()}"
            assert fetch(auditor, address) == (200, path.read_bytes()), address
    for address in ("0/001", "0/001.p/45", "1/000.p/2", "2/000", "0/1", "entries/001", "x", "0/002.p/1"):
        assert fetch(auditor, f"/ledger/tile/{address}")[0] == 404, address
    assert len(fetch(auditor, "/ledger/tile/0/000.p/200")[1]) == 200 * 32


def test_content_types_and_caching_are_those_of_the_specification(published: tree.Published) -> None:
    client = Client()
    client.force_login(make_cast().auditor)

    note, tile = client.get("/ledger/checkpoint"), client.get("/ledger/tile/0/000")

    assert note.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert note.headers["Cache-Control"] == "no-cache"
    assert tile.headers["Content-Type"] == "application/octet-stream"
    assert "immutable" in tile.headers["Cache-Control"]


def test_officials_fetch_hashes_and_auditors_alone_fetch_entries(published: tree.Published) -> None:
    cast = make_cast()
    row = Entry.objects.order_by("pk")[0]

    for name, user in {**cast.everyone(), "nobody": None}.items():
        official = user is not None and user.is_commission
        for path in ("checkpoint", "vkey", "verify.py", "tile/0/000", "consistency/200/300"):
            assert fetch(user, f"/ledger/{path}")[0] == (200 if official else 404), (name, path)
        for path in ("tile/entries/000", f"entries/{row.pk}/proof", f"entries/{row.pk}/leaf"):
            assert fetch(user, f"/ledger/{path}")[0] == (200 if name == "auditor" else 404), (name, path)


def test_a_proof_and_a_growth_are_checked_with_what_is_fetched(published: tree.Published) -> None:
    auditor = make_cast().auditor
    row = Entry.objects.order_by("pk")[123]
    vkey = fetch(auditor, "/ledger/vkey")[1].decode()

    text = fetch(auditor, f"/ledger/entries/{row.pk}/proof")[1].decode()
    leaf = fetch(auditor, f"/ledger/entries/{row.pk}/leaf")[1]

    assert verify.check_proof(text, leaf, vkey)[:2] == (123, 300)
    first = tree.checkpoint_at(200)
    assert first is not None
    lines = fetch(auditor, "/ledger/consistency/200/300")[1].decode().split()
    growth = [base64.b64decode(line) for line in lines]
    assert verify.consistency_holds(200, 300, first.root, published.root, growth)
    for path in ("0/300", "200/301", "300/200"):
        assert fetch(auditor, f"/ledger/consistency/{path}")[0] == 404


def test_an_entry_is_checked_offline_with_nothing_but_what_its_page_hands_out(
    published: tree.Published, tmp_path: Path
) -> None:
    auditor = make_cast().auditor
    row = Entry.objects.order_by("pk")[123]
    page = fetch(auditor, f"/trail/entry/{row.pk}/")[1].decode()
    wanted = {
        "p.tlog-proof": f"/ledger/entries/{row.pk}/proof", "entry": f"/ledger/entries/{row.pk}/leaf",
        "vkey": "/ledger/vkey", "verify.py": "/ledger/verify.py",
    }  # fmt: skip

    for name, path in wanted.items():
        assert f'href="{path}"' in page
        (tmp_path / name).write_bytes(fetch(auditor, path)[1])

    def run() -> int:
        command = [
            "verify.py",
            "--proof",
            "p.tlog-proof",
            "--entry",
            "entry",
            "--vkey",
            (tmp_path / "vkey").read_text(),
        ]
        return subprocess.run(
            [sys.executable, "-I", *command], cwd=tmp_path, capture_output=True, check=False
        ).returncode

    assert run() == 0
    (tmp_path / "entry").write_bytes((tmp_path / "entry").read_bytes().replace(b"a", b"b", 1))
    assert run() == 1
    checked = fetch(auditor, "/trail/check/")[1].decode().replace(" ", "")
    assert hashlib.sha256((tmp_path / "verify.py").read_bytes()).hexdigest() in checked


def test_the_three_states_of_an_entry(as_owner: Any, fill: Fill) -> None:
    fill(3)
    fill(1, sign=False)
    rows = list(Entry.objects.order_by("pk"))

    assert [proof_of(row).state for row in rows] == ["verified", "verified", "verified", "pending"]
    assert "3 条" in proof_of(rows[0]).checkpoint
    as_owner.execute("update ledger.queue set queued_at = now() - interval '1 minute'")
    assert "入账进程" in proof_of(rows[3]).note
    as_owner.execute("delete from ledger.queue")
    assert proof_of(rows[3]).state == "failed"
    rewrite(as_owner)
    assert {proof_of(row).state for row in Entry.objects.order_by("pk")} == {"failed"}


def test_the_auditors_page_tells_faults_first_and_the_checkpoint(as_owner: Any, fill: Fill) -> None:
    fill(6)
    auditor = make_cast().auditor
    page = fetch(auditor, "/trail/")[1].decode()
    assert "签名有效" in page
    assert "没有外部见证" in page
    assert "还没有全量核验过" in page
    assert "核验失败</b>" not in page

    as_owner.execute(OFF + "update ledger.leaf set leaf_hash = sha256('x') where idx = 1")
    assert check_all()

    page = fetch(auditor, "/trail/")[1].decode()
    assert "项核验失败</b>" in page
    assert page.index("内容与树中的摘要不符") < page.index('class="bigfind')


def test_the_page_says_when_nothing_takes_the_queue(as_owner: Any, fill: Callable[..., None]) -> None:
    fill(2, sign=False)
    as_owner.execute(OFF + "update ledger.state set drained_at = now() - interval '2 minutes'")
    as_owner.execute("update ledger.queue set queued_at = now() - interval '1 minute'")

    assert tree.lag_seconds() >= 60
    assert "入账停顿" in fetch(make_cast().auditor, "/trail/")[1].decode()
