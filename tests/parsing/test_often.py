"""What system logs say again and again is read by shorter ways: each says what the longer way says."""

import random
import weakref

import pytest

from evidence.parsing.run import start
from evidence.parsing.said_often import OFTEN
from evidence.parsing.source import Block
from evidence.parsing.syslog import Syslog
from tests.parsing.reading import lines, read, source_of


def test_what_comes_often_is_read_as_the_longer_way_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = (
        "Failed password for root from 10.3.7.21 port 50022 ssh2", "Failed password for invalid user a.b from 10.3.7.21 port 1 ssh2",
        "Failed password for rhost=8.8.8.8 from 10.3.7.21 port 1 ssh2", "Failed none for root from 10.3.7.21 port 1 ssh2",
        "Failed password for invalid user x from 8.8.8.8 port 1 ssh2 from 10.3.7.21 port 2 ssh2",
        "Failed password for root from ::ffff:10.3.7.21 port 1 ssh2", "Invalid user x from 10.3.7.21", "Invalid user  from 10.3.7.21",
        "Invalid user x from 10.3.7.21 port 7", "Connection closed by 10.3.7.21 port 7 [preauth]", "Disconnected from 10.3.7.21",
        "Connection closed by invalid user x 10.3.7.21 port 7 [preauth]", "Connection reset by 10.3.7.21",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=10.3.7.21  user=root",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=mail.example",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=  user=root",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=:0 ruser= rhost=  user=root",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=10.3.7.21  user=矿",
        "Failed password for 矿 from 10.3.7.21 port 1 ssh2", "Failed password for a\x1cb from 10.3.7.21 port 1 ssh2",
        "Failed password for root from 10.3.7.21 port 1 ssh2\r", "Invalid user x from 10.3.7.21\r", "Disconnected from 10.3.7.21 port 123456",
    )  # fmt: skip
    writers = ("sshd[7]", "sshd[8]", "sshd", "sshd(x)[9]", "sshd[10", "sshd[11]:", "sshd[99999999999]", "sshd[12]")
    data = lines(
        *(f"Sep  9 10:21:{number:02d} rig {writer}: {text}" for number, writer in enumerate(writers) for text in said)
    )
    quick, _, _ = read(data)
    assert sum(1 for text in said if (word := OFTEN.get(text[:1])) and word(text, 0)) == 9

    monkeypatch.setattr("evidence.parsing.syslog.OFTEN", {})
    monkeypatch.setattr("evidence.parsing.syslog.refused_often", lambda _text: None)

    assert read(data)[0] == quick
    assert {event.get("process_pid") for event in quick} == {7, 8, None, 9, 11, 9999999999, 12}
    assert [event.get("source_ip") for event in quick[:6]] == ["10.3.7.21"] * 6


def test_what_was_said_before_in_the_same_words_is_read_as_if_it_were_new(monkeypatch: pytest.MonkeyPatch) -> None:
    said = (
        "Received disconnect from 10.3.7.21: 11: Bye Bye [preauth]", "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=10.3.7.21",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=10.3.7.21  user=root", "said by nobody else",
        "message repeated 3 times: [ Received disconnect from 10.3.7.21: 11: Bye Bye]", "last message repeated 2 times", "矿", "x" * 400,
        "Disconnecting: Too many authentication failures for root [preauth]", "wrapped [",
    )  # fmt: skip
    order = random.Random(7).choices(said, k=60)
    hosts = ("rig", "rack", "rig", "::1")
    data = lines(
        *(
            f"Sep  9 10:{n // 9:02d}:{n // 3:02d} {hosts[n % 4]} {'cron' if n % 5 == 0 else 'sshd'}[{n // 2}]: {text}\n more"
            for n, text in enumerate(order)
        )
    )
    quick, summary, _ = read(data)
    monkeypatch.setattr("evidence.parsing.syslog.keep", lambda _known, _text, event: event)

    assert read(data)[0] == quick
    assert summary["lines"] == 120
    assert {event["host"] for event in quick} == {"rig", "rack", "::1"}


def test_a_line_is_read_as_if_it_stood_alone() -> None:
    heads = (
        "rig sshd[7]: ", "rig sshd[8]: ", "rig sshd: ", "rig sshd(x)[9]: ", "rig sshd[10: ", "rig sshd[]: ", "rig sshd[0]: ", "rig sshd[99999999999]: ",
        "rack sshd[7]: ", "sshd[7]: ", "rig CRON[7]: ", "rig sshd[7] ", "rig nothing of the kind ", "rig sshd[x]: ",
    )  # fmt: skip
    order = random.Random(9).choices(heads, k=200)
    written = [
        f"Sep  9 10:2{n // 50}:{n // 3 % 60:02d} {head}Failed password for u{n % 7} from 10.3.7.21 port {n + 1} ssh2"
        for n, head in enumerate(order)
    ]
    together, summary, _ = read(lines(*written), name="syslog")
    alone = [event for line in written for event in read(lines(line), name="syslog")[0]]

    for event in (*together, *alone):
        del event["seq"], event["raw_offset"]
    assert together == alone
    assert summary["lines"] == len(together) == 200


def test_a_batch_is_let_go_of_before_the_next_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    class Batch(list):  # type: ignore[type-arg]
        """A list that can be asked whether it is still held."""

    made: list[weakref.ref[Batch]] = []
    held: list[bool] = []
    feed = Syslog.feed

    def watched(self: Syslog, block: Block) -> Batch:
        held.append(bool(made) and made[-1]() is not None)
        batch = Batch(feed(self, block))
        made.append(weakref.ref(batch))
        return batch

    monkeypatch.setattr(Syslog, "feed", watched)
    data = lines(*(f"Sep  9 10:21:07 rig sshd[7]: said {number}" for number in range(3_000)))
    for batch in start(source_of(data), name="syslog").batches():
        del batch

    assert len(held) > 2
    assert not any(held)
