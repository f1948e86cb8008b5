"""Asking ClamAV about a file, where the deployment has one (CASEWORK_CLAMD). What it finds is noted, never refused:
malicious programs are evidence too. Noted files are not previewed."""

import socket
import struct
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from casework.core.errors import Refused

CHUNK = 1 << 20
SECONDS = 120.0
LONGEST = 4096


def scan(path: Path) -> str | None:
    """Return the name of what was found, "" when nothing was, None when there is no scanner.

    Raises:
        Refused: a scanner is demanded and does not answer.
    """
    where = settings.CASEWORK_CLAMD
    if not where:
        return None
    try:
        with _connect(where) as line:
            _send(path, line)
            said = _answer(line)
    except OSError as error:
        raise Refused(_no_answer(), code="scanner_silent") from error
    if said.endswith(" FOUND"):
        return said.removeprefix("stream: ").removesuffix(" FOUND")[:100]
    if said.endswith(" OK"):
        return ""
    if "size limit" in said:
        return None
    raise Refused(_no_answer(), code="scanner_silent")


def _send(path: Path, line: socket.socket) -> None:
    try:
        line.sendall(b"zINSTREAM\0")
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                line.sendall(struct.pack(">I", len(chunk)) + chunk)
        line.sendall(struct.pack(">I", 0))
    except (BrokenPipeError, ConnectionResetError):
        return  # it hung up before the end, as it does beyond its size limit: what it said may still be read


def _answer(line: socket.socket) -> str:
    said = b""
    while not said.endswith((b"\0", b"\n")) and len(said) < LONGEST and (more := line.recv(LONGEST)):
        said += more
    return said.rstrip(b"\0\n").decode("utf-8", "replace")


def _connect(where: str) -> socket.socket:
    if where.startswith("/"):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(SECONDS)
        try:
            line.connect(where)
        except OSError:
            line.close()
            raise
        return line
    host, __, port = where.rpartition(":")
    return socket.create_connection((host or where, int(port or 3310)), timeout=SECONDS)


def _no_answer() -> str:
    return _("不能上传：病毒检查没有应答。可以稍后再传，或者联系系统管理员。")
