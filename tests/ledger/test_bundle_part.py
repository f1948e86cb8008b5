"""What a bundle carries of the ledger is proven under a signed checkpoint, and whatever is done to it is told."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from casework.ledger import tree, verify
from casework.ledger.bundles import write_ledger_part
from casework.ledger.notes import Checkpoint, Signer
from tests.ledger.conftest import Fill

Change = Callable[[Path], object]


@pytest.fixture
def folder(fill: Fill, tmp_path: Path) -> Path:
    """A bag that holds nothing but the entries of two things, four of them not yet under a checkpoint."""
    fill(20)
    fill(6, sign=False)
    tree.integrate_batch()
    folder = tmp_path / "bag"
    (folder / "data").mkdir(parents=True)
    write_ledger_part(folder, ["thing:1", "thing:2"])
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (folder / "manifest-sha256.txt").write_text("")
    tags(folder)
    (tmp_path / "key").write_text(tree.vkeys()[-1])
    return folder


def tags(folder: Path) -> None:
    """Write the bag's own list anew, as somebody clever would after a change."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "tagmanifest-sha256.txt"
    ]
    (folder / "tagmanifest-sha256.txt").write_text("".join(lines), encoding="utf-8")


def numbers(folder: Path, what: str = "entries") -> list[Path]:
    return sorted((folder / "ledger" / what).iterdir(), key=lambda path: int(path.stem))


def settle(folder: Path) -> None:
    """Leave out what is pending, so that a key may be brought."""
    for number in json.loads((folder / "ledger/pending.json").read_text()):
        (folder / f"ledger/entries/{number}.json").unlink()
    (folder / "ledger/pending.json").write_text("[]")
    (folder / "ledger/heads.json").write_text("[]")
    tags(folder)


def test_every_entry_under_the_checkpoint_is_proven_and_the_others_are_named(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert verify.main([str(folder)]) == 0
    said = capfdbinary.readouterr().out.decode()

    assert "其中 14 条证明在 20 条的已签名检查点内" in said
    assert "4 条还没有证明" in said
    assert "公钥取自文件夹本身" in said
    assert verify.main([str(folder), "--vkey", str(folder.parent / "key")]) == 1
    settle(folder)
    assert verify.main([str(folder), "--vkey", str(folder.parent / "key")]) == 0


def other_key(folder: Path) -> None:
    """Sign everything anew with a key of one's own."""
    head = (folder / "ledger/checkpoint").read_text().partition("\n\n")[0] + "\n"
    signer = Signer(head.partition("\n")[0], "mine")
    note = signer.sign(head)
    for path in numbers(folder, "proofs"):
        path.write_text(path.read_text().partition("\n\n")[0] + "\n\n" + note)
    (folder / "ledger/checkpoint").write_text(note)
    (folder / "ledger/vkey").write_text(f"{signer.verifier}\n")


def changed_entry(folder: Path) -> None:
    path = numbers(folder)[-1]
    path.write_bytes(path.read_bytes().replace("甲处".encode(), "乙处".encode()))


def older_checkpoint(folder: Path) -> None:
    signer = Signer((folder / "ledger/checkpoint").read_text().partition("\n")[0], "only for tests")
    (folder / "ledger/checkpoint").write_text(signer.sign(Checkpoint(signer.name, 1, b"\1" * 32).text()))


CHANGES: list[Change] = [
    changed_entry,
    other_key,
    older_checkpoint,
    lambda f: numbers(f, "proofs")[3].unlink(),
    lambda f: numbers(f, "proofs")[3].write_text(numbers(f, "proofs")[4].read_text()),
    lambda f: (f / "ledger/checkpoint").unlink(),
    lambda f: (f / "ledger/checkpoint").write_text("x\n"),
    lambda f: (f / "ledger/vkey").write_text("x+y+z\n") and (f / "ledger/checkpoint").unlink(),
    lambda f: (f / "ledger/pending.json").write_text("{") or None,
    lambda f: numbers(f)[2].unlink(),
    lambda f: next((f / "ledger/disclosures").iterdir()).write_text(
        '[{"name": "holder", "salt": "", "value": "虞某"}]'
    ),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_hidden_from_the_bags_own_lists_is_told_to_who_brings_the_key(folder: Path, change: Change) -> None:
    settle(folder)
    key = ["--vkey", str(folder.parent / "key")]
    assert verify.main([str(folder), *key]) == 0

    change(folder)
    tags(folder)

    assert verify.main([str(folder), *key]) == 1
