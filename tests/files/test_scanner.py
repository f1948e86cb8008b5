"""ClamAV is asked over its own protocol: what it says is understood, and a scanner that fails is never taken for a clean file."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from pytest_django import Settings

from casework.core.errors import Refused
from casework.files.services import scanner

CONTENT = b"pool login\n" * 300_000  # in several chunks


def read_stream(line: socket.socket) -> bytes:
    """Read what a client sends after INSTREAM, as clamd does: length and bytes, until a length of nothing."""
    with line.makefile("rb") as stream:
        assert stream.read(10) == b"zINSTREAM\0"
        found = b""
        while size := struct.unpack(">I", stream.read(4))[0]:
            found += stream.read(size)
        return found


def says(*parts: bytes) -> Callable[[socket.socket], None]:
    """Return a daemon that takes the whole file and answers in these parts."""

    def daemon(line: socket.socket) -> None:
        assert read_stream(line) == CONTENT
        for part in parts:
            line.sendall(part)

    return daemon


def hangs_up(line: socket.socket) -> None:
    line.recv(100)


def stays_silent(line: socket.socket) -> None:
    read_stream(line)
    line.recv(1)  # until the other side gives up


@contextmanager
def clamd(daemon: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _address = server.accept()
            with line:
                daemon(line)

        thread = Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "f"
    file.write_bytes(CONTENT)
    return file


@pytest.mark.parametrize(
    ("daemon", "found"),
    [
        (says(b"stream: OK\0"), ""),
        (says(b"stream: Unix.Miner.X FOUND\0"), "Unix.Miner.X"),
        (says(b"stream: Unix.", b"Miner.X FO", b"UND\0"), "Unix.Miner.X"),
        (says(b"INSTREAM size limit exceeded. ERROR\0"), None),
    ],
)
def test_what_the_scanner_says_is_understood(
    settings: Settings, path: Path, daemon: Callable[[socket.socket], None], found: str | None
) -> None:
    with clamd(daemon) as where:
        settings.CASEWORK_CLAMD = where

        assert scanner.scan(path) == found


@pytest.mark.parametrize(
    "daemon", [hangs_up, stays_silent, says(b""), says(b"stream: no database ERROR\0"), says(b"\xff\xfe\0")]
)
def test_a_scanner_that_fails_is_not_a_clean_file(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, path: Path, daemon: Callable[[socket.socket], None]
) -> None:
    monkeypatch.setattr(scanner, "SECONDS", 2.0)
    with clamd(daemon) as where:
        settings.CASEWORK_CLAMD = where

        with pytest.raises(Refused, match="病毒检查没有应答"):
            scanner.scan(path)


def test_no_scanner_is_no_verdict_and_a_missing_one_a_refusal(settings: Settings, path: Path, tmp_path: Path) -> None:
    settings.CASEWORK_CLAMD = ""
    assert scanner.scan(path) is None

    settings.CASEWORK_CLAMD = str(tmp_path / "no.sock")
    with pytest.raises(Refused):
        scanner.scan(path)
