"""The auditor holds what was kept elsewhere against the log, and reads in plain words what came of it."""

import base64
from typing import Any

import pytest
from django.test import Client

from casework.accounts.models import User
from casework.ledger import merkle, tree
from casework.ledger.models import Entry
from casework.ledger.notes import Checkpoint, Signer
from casework.ledger.publication import proof_of_entry
from casework.ledger.tiles import Tiles
from tests.ledger.conftest import Fill
from tests.ledger.test_signer import OFF, rewrite


def ask(text: str, user: User | None = None) -> tuple[int, str]:
    client = Client()
    client.force_login(user or User.objects.get(name="审计员甲"))
    answer = client.get("/trail/check/", {"text": text} if text else {})
    return answer.status_code, answer.content.decode()


def test_a_kept_checkpoint_and_a_proof_are_held_against_the_log(fill: Fill, as_owner: Any) -> None:
    fill(5)
    old = tree.newest()
    fill(300)
    newest = tree.newest()
    assert old is not None
    assert newest is not None
    row = Entry.objects.order_by("pk")[3]
    proof = proof_of_entry(row)
    assert proof is not None
    signer = Signer(old.note.partition("\n")[0], "only for tests")

    def signed(size: int, root: bytes) -> str:
        return signer.sign(Checkpoint(signer.name, size, root).text())

    five = merkle.root(5, Tiles(tree.load_tile).node)
    lines = proof.split("\n")
    wrong = [*lines[:2], base64.b64encode(b"\1" * 32).decode(), *lines[3:]]
    for text, said in (
        ("", "核对检查点"),
        (old.note, "账本的前 5 条与签名时一样"),
        (f"\r\n{old.note.replace(chr(10), chr(13) + chr(10))}  ", f"/ledger/consistency/5/{newest.size}"),
        (signed(5, five), "账本的前 5 条与签名时一样"),
        (newest.note, "账本现在有 305 条已签名"),
        (proof, f"证明的是账本第 {row.pk:,} 条"),
        (signed(5, b"\1" * 32), "前 5 条推出的根是另一个"),
        (signed(306, b"\1" * 32), "账本现在只有 305 条"),
        (old.note.replace("\n5\n", "\n6\n"), "的签名不成立"),
        (Signer(signer.name, "unknown").sign(Checkpoint(signer.name, 5, five).text()), "没有"),
        (old.note[:-30], "另取一份"),
        ("\n".join(wrong), "推不出检查点的根"),
        (proof.replace("index 3", "index 4"), "推不出检查点的根"),
        (proof.replace("index 3", "index 999999"), "账本里没有证明所说的条目"),
        (proof.replace("index 3", "index -1"), "账本里没有证明所说的条目"),
        (proof.replace("@v1", "@v2"), "不是证明文件"),
        ("\0", "不是签名文本"),
        ("一张纸", "不是签名文本"),
        ("x" * 3_501, "超过 3,500 个字符"),
        ("<script>", "&lt;script&gt;"),
    ):
        status, page = ask(text)
        assert status == 200
        assert said in page, (text, said)

    rewrite(as_owner)
    assert "推出的根是另一个" in ask(old.note)[1] or "不成立" in ask(old.note)[1]


def test_a_tree_that_lacks_a_tile_is_told_and_no_crash(fill: Fill, as_owner: Any) -> None:
    fill(5)
    old = tree.newest()
    assert old is not None
    as_owner.execute(f"{OFF} delete from ledger.tile")

    assert "推出的根是另一个" in ask(old.note)[1]


@pytest.mark.parametrize("name", ["officer", "approver", "custodian", "unit_leader", "outsider"])
def test_for_everybody_else_the_page_does_not_exist(cast: Any, name: str) -> None:
    assert ask("", getattr(cast, name))[0] == 404
    assert ask("", cast.auditor)[0] == 200
