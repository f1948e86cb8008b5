"""Keys change hands in the record, authorities stamp checkpoints, and acts that matter are answered with their proof."""

import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from casework.ledger import tree, verify, weighty
from casework.ledger.checks_tree import whole_log
from casework.ledger.chores import clock_faults, note_faults, stamp_daily
from casework.ledger.integrator import drain
from casework.ledger.middleware import ProofMiddleware
from casework.ledger.models import Entry
from casework.ledger.publication import write_log
from casework.ledger.record import record
from casework.ledger.signer import LedgerSigner, RefusedError, signing_secret
from casework.ledger.timestamps import TimestampError, check, stamped
from casework.ledger.weighty import register_weighty
from casework.local.process import wait_until
from tests.ledger.conftest import AT, Fill
from tests.ledger.test_integrator import Running, run

register_weighty("thing.sealed")


def test_a_key_is_handed_over_in_the_record_and_the_old_one_stays_known(
    as_owner: Any, fill: Fill, signer: LedgerSigner, tmp_path: Path
) -> None:
    (tmp_path / "home" / "secrets").mkdir(parents=True)
    (tmp_path / "home" / "secrets" / "signing_key").write_text("only for tests")
    fill(5)
    old, before = tree.vkeys()[-1], tree.newest()
    assert before is not None

    said = run("rotate", "--reason", "每年更换")[1]

    new = tree.vkeys()[-1]
    assert new in said
    assert new != old
    entry = Entry.objects.get(kind="key.rotated")
    assert entry.payload["data"] == {"old": old, "new": new, "size": 5}
    both = tree.newest()
    assert both is not None
    assert both.own_note.count("\u2014") == 2
    for key in (old, new):
        assert verify.read_checkpoint(both.own_note, key)[1] == 6
    assert signing_secret() != "only for tests"
    assert (tmp_path / "home" / "secrets" / "signing_key.until-5").read_text() == "only for tests"
    (tmp_path / "same").write_text(signing_secret())
    with pytest.raises(CommandError, match="同一把钥匙"):
        call_command("ledger", "rotate", "--reason", "x", "--key-file", str(tmp_path / "same"))

    successor = LedgerSigner()
    fill(3, sign=False)
    drain(successor)
    fill(1, sign=False)
    tree.integrate_batch()
    with pytest.raises(RefusedError, match="换过了"):
        signer.sign()  # the former key cannot go on
    drain(successor)
    after = tree.newest()
    assert after is not None
    assert list(whole_log()) == []
    write_log(tmp_path / "log", after)
    (tmp_path / "old").write_text(before.note)
    (tmp_path / "both").write_text(both.note)
    assert verify.main([str(tmp_path / "log"), "--vkey", new, "--since", str(tmp_path / "both")]) == 0
    assert verify.main([str(tmp_path / "log"), "--vkey", f"{old}\n{new}", "--since", str(tmp_path / "old")]) == 0
    assert verify.main([str(tmp_path / "log"), "--vkey", old]) == 1


TSA = """
[tsa]
dir = {0}
serial = {0}/serial
signer_cert = {0}/tsa.pem
certs = {0}/tsa.pem
signer_key = {0}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def openssl(*arguments: object, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, check=True).stdout


@pytest.fixture
def authority(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A time-stamping authority of one's own."""
    folder = tmp_path / "tsa"
    folder.mkdir()
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(TSA.format(folder))
    (folder / "ext").write_text(
        "extendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
    )
    (folder / "ca.ext").write_text(
        "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\nsubjectKeyIdentifier=hash\n"
    )
    for name, subject in (("ca", "/CN=root"), ("tsa", "/CN=tsa")):
        openssl(
            "req",
            "-new",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            folder / f"{name}.key",
            "-subj",
            subject,
            "-out",
            folder / f"{name}.csr",
        )
    openssl(
        "x509",
        "-req",
        "-in",
        folder / "ca.csr",
        "-signkey",
        folder / "ca.key",
        "-days",
        "9",
        "-extfile",
        folder / "ca.ext",
        "-out",
        folder / "ca.pem",
    )
    openssl(
        "x509",
        "-req",
        "-in",
        folder / "tsa.csr",
        "-CA",
        folder / "ca.pem",
        "-CAkey",
        folder / "ca.key",
        "-CAcreateserial",
        "-days",
        "9",
        "-extfile",
        folder / "ext",
        "-out",
        folder / "tsa.pem",
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            answer = openssl(
                "ts", "-reply", "-config", folder / "tsa.cnf", "-section", "tsa", "-queryfile", folder / "query"
            )
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        settings.CASEWORK_TSA_URL = f"http://127.0.0.1:{running.server_port}"
        settings.CASEWORK_TSA_CERTIFICATES = str(folder / "ca.pem")
        yield folder
        running.shutdown()
        thread.join()


def test_a_checkpoint_is_stamped_and_a_stamp_over_something_else_is_not_believed(
    fill: Fill, authority: Path, settings: Any, tmp_path: Path
) -> None:
    fill(4)
    stamp_daily()
    found, newest = stamped(), tree.newest()
    assert found is not None
    assert newest is not None
    assert found[0] == 4
    assert check(found[2], newest.own_note) == found[1]
    with pytest.raises(TimestampError, match="不成立"):
        check(found[2], newest.own_note + "x")
    with pytest.raises(TimestampError, match="不成立"):
        check(b"\0", newest.own_note)
    (tmp_path / "token.tsr").write_bytes(found[2])
    (tmp_path / "note").write_text(newest.own_note)
    openssl("ts", "-verify", "-data", tmp_path / "note", "-in", tmp_path / "token.tsr", "-CAfile", authority / "ca.pem")

    fill(1)
    stamp_daily()  # once a day
    assert stamped() == found
    assert "时间戳" in run("timestamp")[1]
    assert stamped() != found
    settings.CASEWORK_TSA_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match=r"127\.0\.0\.1:9"):
        call_command("ledger", "timestamp")
    settings.CASEWORK_TSA_CERTIFICATES = str(authority / "tsa.key")
    with pytest.raises(TimestampError, match="CERTIFICATES"):
        check(found[2], newest.own_note)


def test_an_act_that_matters_is_answered_when_it_is_signed_or_told_to_wait(
    as_owner: Any, fill: Fill, signer: LedgerSigner, tmp_path: Path
) -> None:
    def act(_request: HttpRequest) -> HttpResponse:
        for kind in ("thing.seen", "thing.sealed"):
            with transaction.atomic():
                record(kind, ref="thing:1", actor=None, at=AT, data={})
        return HttpResponse()

    answer = ProofMiddleware(act)
    alone = answer(HttpRequest())
    assert alone["Ledger-Proof"] == "pending"  # nobody integrates: nobody waits
    with Running(signer, tmp_path / "files"):
        fill(1, sign=False)
        answers: list[HttpResponse] = []

        def proved() -> bool:
            """Ask once more: the process has only just begun, and a busy machine lets it wait."""
            answers.append(answer(HttpRequest()))
            return answers[-1]["Ledger-Proof"] != "pending"

        assert wait_until(proved, 120.0)
    signed = answers[-1]
    sealed = Entry.objects.filter(kind="thing.sealed").latest("pk")
    assert signed["Ledger-Entry"] == str(sealed.pk)
    assert signed["Ledger-Proof"] == f"/ledger/entries/{sealed.pk}/proof"
    assert not ProofMiddleware(lambda _request: HttpResponse())(HttpRequest()).has_header("Ledger-Entry")
    weighty.note("thing.sealed", 1)  # outside a request nobody listens


def test_a_clock_set_back_or_apart_is_told_and_told_to_be_right_again(fill: Fill) -> None:
    fill(2)
    newest = tree.newest()
    assert newest is not None
    right = newest.published_at + timedelta(seconds=5)
    assert clock_faults(right) == []

    back = clock_faults(right - timedelta(hours=3))
    ahead = clock_faults(right + timedelta(hours=3))

    assert [fault.split("：")[0] for fault in back] == ["时钟倒退", "时钟不一致"]
    assert "180 分钟" in back[1]
    assert [fault.split("：")[0] for fault in ahead] == ["时钟不一致"]
    note_faults("clock", back)
    told = tree.last_check("clock")
    assert told is not None
    assert told.faults == back
    note_faults("clock", [])
    over = tree.last_check("clock")
    assert over is not None
    assert over.faults == []
