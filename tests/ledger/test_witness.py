"""A witness cosigns what continues what it saw, and nothing else; the log shows its cosignatures."""

import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from casework.ledger import merkle, tree, verify, witnessing
from casework.ledger.chores import feed_witnesses
from casework.ledger.models import Entry
from casework.ledger.notes import Checkpoint, Signer
from casework.ledger.publication import proof_of_entry, write_log
from casework.ledger.tiles import Tiles, extend
from casework.ledger.witness import Witness, ed25519_sign, main, public_key, read_request, server
from tests.build import moment
from tests.ledger.conftest import Fill
from tests.ledger.test_integrator import run
from tests.ledger.test_signer import OFF, rewrite

LOG = Signer("log.example/1", "a key")


class Grown:
    """A log of so many leaves, in memory."""

    def __init__(self, size: int, mark: str = "") -> None:
        hashes = [merkle.leaf_hash(f"{mark}{number}".encode()) for number in range(size)]
        made = extend(0, hashes, lambda _level, _n: b"")
        self.size, self.node = size, Tiles(lambda level, n: made[level, n]).node

    def note(self, size: int = 0, signer: Signer = LOG) -> str:
        size = size or self.size
        return signer.sign(Checkpoint(signer.name, size, merkle.root(size, self.node)).text())

    def request(self, old: int, size: int = 0) -> bytes:
        size = size or self.size
        proof = merkle.consistency_proof(old, size, self.node) if old else []
        lines = "".join(f"{b64encode(one).decode()}\n" for one in proof)
        return f"old {old}\n{lines}\n{self.note(size)}".encode()


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    made = Witness.make(tmp_path / "witness", "w.example/audit")
    made.trust(str(LOG.verifier))
    return made


def test_a_witness_follows_growth(witness: Witness) -> None:
    log = Grown(700)
    seen = 0
    for size in (1, 2, 255, 256, 256, 699, 700):
        status, _kind, line = witness.add_checkpoint(log.request(seen, size))
        assert status == 200
        assert verify.cosigned_at(log.note(size) + line, witness.vkey) > 1_700_000_000
        seen = size
    assert [(one["origin"], one["size"]) for one in Witness(witness.folder).logs()] == [("log.example/1", 700)]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (Grown(9, "another").request(6), 422, "does not begin"),  # the past was rewritten
        (Grown(6, "another").request(6), 409, "6\n"),  # forked: another root for the same size
        (Grown(9).request(3), 409, "6\n"),  # rolled back to what was before, or simply behind
        (Grown(4).request(4), 409, "6\n"),
        (Grown(9).request(6)[:6] + Grown(9).request(6)[7:], 400, "malformed"),
        (Grown(9).request(6, 9).replace(b"old 6", b"old 11"), 400, "larger"),
        (b"old 6\n\n" + Grown(9).note().encode(), 422, "does not begin"),
        (b"old 6\n\n" + Grown(9).note(signer=Signer("log.example/1", "stolen?")).encode(), 403, "没有"),
        (b"old 0\n\n" + Grown(9).note(signer=Signer("log.example/2", "a key")).encode(), 404, "unknown"),
        (Grown(9).request(6).replace("\n\u2014".encode(), "\nx\n\u2014".encode()), 400, "malformed"),
        (b"old 06\n\nx", 400, "malformed"),
        (b"old -1\n\nx", 400, "malformed"),
        (b"\xff", 400, "malformed"),
        (b"", 400, "malformed"),
        (b"old 6\n" + b"AAAA\n" * 3 + b"\n" + Grown(9).note().encode(), 400, "not a consistency proof"),
        (b"old 6\n" + (b64encode(b"\1" * 32) + b"\n") * 64 + b"\n" + Grown(9).note().encode(), 400, "not a"),
    ],
)
def test_what_does_not_continue_is_not_cosigned(witness: Witness, body: bytes, status: int, said: str) -> None:
    assert witness.add_checkpoint(Grown(6).request(0))[0] == 200
    before = witness.logs()

    answer = witness.add_checkpoint(body)

    assert answer[0] == status
    assert said in answer[2]
    assert witness.logs() == before
    assert witness.add_checkpoint(Grown(9).request(6))[0] == 200  # honest growth goes on


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80))
def test_plain_signatures_are_those_of_the_standard(seed: bytes, message: bytes) -> None:
    signature = ed25519_sign(seed, message)

    assert verify.ed25519_holds(public_key(seed), message, signature)
    assert verify.ed25519_holds_plain(public_key(seed), message, signature)
    assert not verify.ed25519_holds(public_key(seed), message + b"x", signature)


def test_the_command_line_of_a_laptop(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    folder = str(tmp_path / "laptop")
    assert main(["init", folder, "审计处 一"]) == 2
    assert main(["init", folder, "audit.example"]) == 0
    assert main(["init", folder, "audit.example"]) == 2
    (tmp_path / "vkey").write_text(f"{LOG.verifier}\n")
    assert main(["trust", folder, str(tmp_path / "vkey")]) == 0
    (tmp_path / "request").write_bytes(Grown(5).request(0))
    assert main(["add", folder, str(tmp_path / "request")]) == 0
    assert main(["show", folder]) == 0
    assert b"log.example/1  5" in capfdbinary.readouterr().out
    (tmp_path / "request").write_bytes(Grown(7, "x").request(5))
    assert main(["add", folder, str(tmp_path / "request")]) == 1
    (tmp_path / "request").write_bytes(b"x")
    assert main(["add", folder, str(tmp_path / "request")]) == 2
    assert main(["add", str(tmp_path / "nowhere"), "x"]) == 2
    with pytest.raises(ValueError, match="needed"):
        read_request(b"old 1")


POLICY = "witness a {a}\nwitness b {b}\ngroup both all a b\ngroup one any a b\nquorum {quorum}\n"


@pytest.mark.parametrize(("quorum", "code"), [("both", 1), ("b", 1), ("a", 0), ("one", 0), ("none", 0)])
def test_a_policy_asks_for_witnesses(witness: Witness, tmp_path: Path, quorum: str, code: int) -> None:
    other = Witness.make(tmp_path / "other", "b.example")
    note = Grown(5).note() + witness.add_checkpoint(Grown(5).request(0))[2]
    policy = verify.Policy(f"log {LOG.verifier}\n" + POLICY.format(a=witness.vkey, b=other.vkey, quorum=quorum))

    assert policy.cosigned(note) == ["a"]
    assert policy.met(policy.cosigned(note)) is (code == 0)
    forged = note.replace(note.rpartition(" ")[2], b64encode(b64decode(note.rpartition(" ")[2])[:-1] + b"x").decode())
    with pytest.raises(verify.AlteredError, match="见证方"):
        policy.cosigned(forged + "\n")


@pytest.mark.parametrize(
    "text",
    ["quorum a", "witness a x+y+z", "log x+y+z", "group g 2 a", "nonsense", "witness a", f"log {LOG.verifier} a b"],
)
def test_a_policy_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(verify.NotALedgerError):
        verify.Policy(text)


@pytest.fixture
def address(witness: Witness) -> Iterator[str]:
    with server(witness, "127.0.0.1", 0) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def signed_now(own: Signer) -> tree.Published:
    """Sign the tree as it stands, past the signer that would refuse."""
    now = tree.head()
    note = own.sign(Checkpoint(own.name, now.size, now.root).text())
    return tree.Published(now.size, now.root, note, moment("2021-12-16 10:00"))


def test_a_log_is_witnessed_through_growth_rollback_fork_and_rewriting(
    as_owner: Any, fill: Fill, witness: Witness, address: str, tmp_path: Path, settings: Any
) -> None:
    settings.CASEWORK_WITNESSES = str(tmp_path / "witnesses")
    fill(5)
    assert "quorum none" in run("policy")[1]
    with pytest.raises(CommandError, match="没有这个见证方"):
        call_command("ledger", "witness")
    witness.trust(tree.vkeys()[-1])
    (tmp_path / "witnesses").write_text(f"witness audit {witness.vkey} {address}\nquorum audit\n")

    assert "新签" in run("witness")[1]
    assert "已签过" in run("witness")[1]
    fill(4)
    feed_witnesses()
    newest = tree.newest()
    assert newest is not None
    assert (newest.size, newest.witnesses) == (9, ("w.example/audit",))
    assert tree.last_check("witness") is None
    text = proof_of_entry(Entry.objects.order_by("pk")[0])
    assert text is not None
    assert verify.cosigned_at(text.partition("\n\n")[2], witness.vkey) > 0
    write_log(tmp_path / "log", newest)
    (tmp_path / "policy").write_text(run("policy")[1])
    assert verify.main([str(tmp_path / "log"), "--policy", str(tmp_path / "policy")]) == 0
    (tmp_path / "log" / "checkpoint").write_text(newest.own_note)
    assert verify.main([str(tmp_path / "log"), "--policy", str(tmp_path / "policy")]) == 1

    # By hand: the request goes to the witness on a stick, and its answer comes back after the log has grown on.
    fill(2)
    run("witness", "audit", "--request", str(tmp_path / "request"))
    (tmp_path / "answer").write_text(witness.add_checkpoint((tmp_path / "request").read_bytes())[2])
    fill(1)
    assert "见证到 11 条" in run("witness", "--answer", str(tmp_path / "answer"))[1]
    (tmp_path / "answer").write_text("x\n")
    with pytest.raises(CommandError, match="不是 audit"):
        call_command("ledger", "witness", "--answer", str(tmp_path / "answer"))
    fill(1)
    witness_ahead = tree.newest()
    assert witness_ahead is not None
    (tmp_path / "witnesses").write_text(f"witness audit {witness.vkey} http://127.0.0.1:9\n")
    feed_witnesses()
    kept = tree.last_check("witness")
    assert kept is not None
    assert "127.0.0.1:9" in kept.faults[0]
    (tmp_path / "witnesses").write_text("witness audit x+y+z\n")
    feed_witnesses()
    assert django_settings.CASEWORK_WITNESSES in str(getattr(tree.last_check("witness"), "faults", ""))
    (tmp_path / "witnesses").write_text(f"witness audit {witness.vkey} {address}\n")
    assert witness.add_checkpoint(witnessing.request_for(11, witness_ahead))[0] == 200

    # What an administrator with the signing key does is seen by the one who has not.
    own = Signer(witness_ahead.note.partition("\n")[0], "only for tests")
    rolled = tree.checkpoint_at(9)
    assert rolled is not None
    with pytest.raises(witnessing.WitnessError, match="只有 9 条，退回过") as caught:
        witnessing.ask(witnessing.witnesses()[0], rolled)
    assert caught.value.contradicts
    as_owner.execute(OFF + "delete from ledger.checkpoint where size > 11")
    rewrite(as_owner)
    fork = signed_now(own)
    with pytest.raises(witnessing.WitnessError, match="同为 13 条，根不同"):
        witnessing.ask(witnessing.witnesses()[0], fork)
    fill(3, sign=False)
    tree.integrate_batch()
    more = signed_now(own)
    with pytest.raises(witnessing.WitnessError, match="与它见过的不同"):
        witnessing.ask(witnessing.witnesses()[0], more)
