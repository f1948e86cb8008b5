"""A reminder goes out through real processes: two beats, workers killed before they settle, a broker emptied."""

import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import connection

from casework.core import heartbeat
from casework.deadlines.models import Deadline
from casework.deadlines.services.lifecycle import open_deadline
from casework.notices.models import Channel, Delivery, DeliveryState, Notice
from tests.build import a_user, moment

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Holding(socketserver.StreamRequestHandler):
    """Takes letters; the first is kept waiting for its receipt until the sender is dead."""

    def handle(self) -> None:
        server: Postbox = self.server  # type: ignore[assignment]
        self.wfile.write(b"220 test\r\n")
        while line := self.rfile.readline().decode().strip():
            if line.upper() == "DATA":
                self.wfile.write(b"354 go on\r\n")
                lines: list[bytes] = []
                while (data := self.rfile.readline()) not in {b".\r\n", b""}:
                    lines.append(data)
                server.letters.append(b"".join(lines).decode())
                server.arrived.set()
                server.release.wait(60)
            if line.upper() == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            try:
                self.wfile.write(b"250 fine\r\n")
            except OSError:
                return


class Postbox(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Holding)
        self.letters: list[str] = []
        self.arrived, self.release = threading.Event(), threading.Event()


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """An SMTP server on loopback."""
    with Postbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.release.set()
        server.shutdown()


def database_url() -> str:
    """Return the address of the test database, for another process."""
    at = connection.settings_dict
    login = quote(at["USER"]) + (f":{quote(at['PASSWORD'])}" if at["PASSWORD"] else "")
    if at["HOST"].startswith("/"):
        return f"postgresql://{login}@/{at['NAME']}?{urlencode({'host': at['HOST']})}"
    return f"postgresql://{login}@{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"


@contextmanager
def worker(tmp_path: Path, name: str, now: str, postbox: Postbox) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker with its own beat whose clock begins at ``now``; killed at the end whatever happens."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "casework.settings",
        "CASEWORK_TESTING": "",
        "CASEWORK_DB_ROLE": "app",
        "CASEWORK_NOW": now,
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "CASEWORK_SMTP_HOST": "127.0.0.1",
        "CASEWORK_SMTP_PORT": str(postbox.server_address[1]),
    }
    command = [sys.executable, "-m", "celery", "-A", "casework.celery", "worker", "--beat", "--concurrency", "1"]
    command += ["--schedule", str(tmp_path / f"{name}.schedule"), "--hostname", f"{name}@test", "--loglevel", "INFO"]
    with (tmp_path / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and its children as a power cut would."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def wait_for(what: Callable[[], object], tmp_path: Path, seconds: float = 90) -> None:
    """Wait until ``what`` is true, else fail with the workers' logs."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            logs = "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(tmp_path.glob("*.log")))
            pytest.fail(f"waited {seconds:.0f} s in vain\n{logs}")
        time.sleep(0.2)


def test_a_reminder_survives_dead_workers_and_an_emptied_broker(tmp_path: Path, postbox: Postbox) -> None:
    holder = a_user("填报人甲")
    open_deadline(
        "selfinspection:1",
        "S02",
        start_on=date(2021, 9, 7),
        named_on=date(2021, 10, 15),
        holder=holder,
        actor=None,
        at=moment("2021-09-07 09:00"),
    )
    mailed = Delivery.objects.filter(channel=Channel.EMAIL)

    with (
        worker(tmp_path, "one", "2021-10-14T10:00:00+08:00", postbox) as one,
        worker(tmp_path, "two", "2021-10-14T10:00:00+08:00", postbox) as two,
    ):
        wait_for(postbox.arrived.is_set, tmp_path)
        assert heartbeat.age_seconds() is not None
        kill(one)
        kill(two)
    postbox.release.set()
    assert mailed.get().state == DeliveryState.LEASED
    with heartbeat.broker() as broker:
        for key in list(broker.scan_iter("casework:*")):
            broker.delete(key)

    with worker(tmp_path, "three", "2021-10-14T10:10:00+08:00", postbox):
        wait_for(lambda: mailed.get().state == DeliveryState.SENT, tmp_path)

    notice = Notice.objects.get()
    assert (notice.recipient, notice.title) == (holder, "完成专项行动阶段任务：还剩 1 个工作日")
    assert Deadline.objects.get().next_on == date(2021, 10, 15)
    assert len(postbox.letters) == 2
    assert all(f"<notice-{notice.pk}@localhost>" in letter for letter in postbox.letters)
