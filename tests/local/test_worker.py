"""Reminders through real processes: kill -9, two beats, an emptied broker, a database that crashes, clocks that jump.

Nothing owed is lost and nothing is owed twice. A letter may be sent again only by whoever follows a killed sender, and
carries the same id.
"""

import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.test import override_settings

from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import heartbeat
from casework.core.calendar import Kind
from casework.deadlines.models import Deadline
from casework.deadlines.services.calendar import HolidayRow, apply_holiday_rows
from casework.deadlines.services.changes import extend_deadline
from casework.deadlines.services.lifecycle import open_deadline
from casework.local import paths, postgres, services, valkey
from casework.notices.models import Channel, Delivery, DeliveryState, Notice
from tests.build import a_user, moment
from tests.local.conftest import give_tables

ROOT = Path(__file__).resolve().parents[2]
#: How many reminders are sent while how many workers are killed -9 at random moments; the pauses between two kills are
#: so many times a fifth of a second. ``CASEWORK_CHAOS=20000,40,8`` is the size that is measured (benchmarks/README.md).
REMINDERS, KILLS, PACE = (int(one) for one in os.environ.get("CASEWORK_CHAOS", "120,20,1").split(","))
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module", autouse=True)
def _server_of_its_own(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A database server and a broker for these tests alone: a crash ends all sessions of a server, and an emptied
    broker is empty for everybody. With servers that are given nothing is crashed.
    """
    if settings.DATABASE_URL:
        yield
        return
    state, name = tmp_path_factory.mktemp("server").resolve(), connection.settings_dict["NAME"]
    sockets = paths.socket_dir(settings.CASEWORK_HOME), paths.socket_dir(state)
    with services.using(state, throw_away=True):
        give_tables(state, f"{name}_pristine")
        with postgres.connect(state) as there:
            there.execute(f'create database "{name}" template "{name}_pristine"')
        broker = f"redis+socket://{valkey.socket(state)}"
        connection.close()
        connection.settings_dict["HOST"] = str(sockets[1])
        with override_settings(CASEWORK_HOME=state, REDIS_URL=broker):
            yield
        connection.close()
        connection.settings_dict["HOST"] = str(sockets[0])


class Holding(socketserver.StreamRequestHandler):
    """Takes letters; the first is kept waiting for its receipt until the sender is dead."""

    def line(self) -> str:
        """Return the next line; nothing when the sender is dead."""
        try:
            return self.rfile.readline().decode().strip()
        except OSError:
            return ""

    def handle(self) -> None:
        server: Postbox = self.server  # type: ignore[assignment]
        self.wfile.write(b"220 test\r\n")
        while line := self.line():
            if line.upper() == "DATA":
                self.wfile.write(b"354 go on\r\n")
                lines: list[bytes] = []
                while (data := self.rfile.readline()) not in {b".\r\n", b""}:
                    lines.append(data)
                server.letters.append(b"".join(lines).decode())
                server.arrived.set()
                server.release.wait(600)
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

    def copies(self) -> Counter[str]:
        """Return how often each letter came, by its id."""
        return Counter(re.findall(r"<notice-([0-9a-f-]{36})@", "".join(self.letters)))


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


def environment(postbox: Postbox, **more: str) -> dict[str, str]:
    """Return the environment of a process of the product on the test database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "casework.settings",
        "CASEWORK_TESTING": "",
        "CASEWORK_DB_ROLE": "app",
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "CASEWORK_SCAN_SECONDS": "1",
        "CASEWORK_SMTP_HOST": "127.0.0.1",
        "CASEWORK_SMTP_PORT": str(postbox.server_address[1]),
        **more,
    }


@contextmanager
def worker(tmp_path: Path, name: str, now: str, postbox: Postbox, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker with its own beat whose clock begins at ``now``; killed at the end whatever happens."""
    command = [sys.executable, "-m", "celery", "-A", "casework.celery", "worker", "--beat", "--concurrency", "1"]
    command += ["--schedule", str(tmp_path / f"{name}.schedule"), "--hostname", f"{name}@test", "--loglevel", "INFO"]
    with process(command, tmp_path / f"{name}.log", environment(postbox, CASEWORK_NOW=now, **more)) as running:
        yield running


@contextmanager
def process(command: list[str], log: Path, given: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command whose standard input stays open; killed at the end whatever happens."""
    with log.open("wb") as stream:
        running = subprocess.Popen(
            command, cwd=ROOT, env=given, stdin=subprocess.PIPE, stdout=stream, stderr=stream, start_new_session=True
        )
        try:
            yield running
        finally:
            kill(running)
            assert running.stdin is not None
            running.stdin.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and its children as a power cut would."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(120)


def wait_for(what: Callable[[], object], tmp_path: Path, seconds: float = 240) -> None:
    """Wait until ``what`` is true, else fail with the workers' logs."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            logs = "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(tmp_path.glob("*.log")))
            pytest.fail(f"waited {seconds:.0f} s in vain\n{logs}")
        time.sleep(0.1)


def a_stage(number: int, holder: User) -> Deadline:
    """Return a stage due on Friday 15 October 2021."""
    return open_deadline(
        f"selfinspection:{number}",
        "S02",
        start_on=date(2021, 9, 7),
        named_on=date(2021, 10, 15),
        holder=holder,
        actor=None,
        at=moment("2021-09-07 09:00"),
    )


def test_two_beats_dead_workers_and_an_emptied_broker(tmp_path: Path, postbox: Postbox) -> None:
    holder = a_user("填报人甲")
    mailed = Delivery.objects.filter(channel=Channel.EMAIL)

    with (
        worker(tmp_path, "one", "2021-10-14T10:00:00+08:00", postbox) as one,
        worker(tmp_path, "two", "2021-10-14T10:00:00+08:00", postbox) as two,
    ):
        wait_for(lambda: heartbeat.age_seconds() is not None, tmp_path)
        # Only now is something owed: its sender waits for a receipt no longer than ten seconds.
        a_stage(1, holder)
        wait_for(postbox.arrived.is_set, tmp_path)
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
    assert postbox.copies() == {str(notice.pk): 2}


def test_workers_killed_at_random_and_a_database_that_crashes(tmp_path: Path, postbox: Postbox) -> None:
    postbox.release.set()
    holders = [a_user(f"填报人{number}") for number in range(20)]
    for number in range(REMINDERS):
        a_stage(number, holders[number % 20])
    bystander = a_stage(REMINDERS, holders[0])
    Deadline.objects.filter(pk=bystander.pk).update(next_on=date(2021, 10, 15))
    mailed = Delivery.objects.filter(channel=Channel.EMAIL)
    command = [sys.executable, "-m", "tests.local.chaos", str(KILLS), str(PACE)]

    given = environment(postbox, REDIS_URL="redis://127.0.0.1:1/0", CASEWORK_TESTING="1")  # no pool: nothing to warm up

    with process(command, tmp_path / "chaos.log", given) as chaos:
        wait_for(lambda: len(postbox.letters) > 20, tmp_path)
        crashed = crash_database(tmp_path)
        wait_for(lambda: mailed.filter(state=DeliveryState.SENT).count() == REMINDERS, tmp_path, 240 + REMINDERS / 10)
        assert chaos.stdin is not None
        chaos.stdin.write(b"enough\n")
        chaos.stdin.flush()
        chaos.wait(120)

    killed = int((tmp_path / "chaos.log").read_text().split()[-1])
    assert 0 < killed <= KILLS  # a busy machine has sent everything before the last kill
    assert Notice.objects.count() == REMINDERS
    assert set(Deadline.objects.exclude(pk=bystander.pk).values_list("next_on", flat=True)) == {date(2021, 10, 14)}
    assert Delivery.objects.filter(channel=Channel.INBOX, state=DeliveryState.SENT).count() == REMINDERS
    copies = postbox.copies()
    assert set(copies) == {str(pk) for pk in Notice.objects.values_list("pk", flat=True)}
    # A worker holds one letter at a time between sending and settling; the crash interrupts all three at once.
    assert copies.total() - REMINDERS <= killed + 3 * crashed


def crash_database(tmp_path: Path) -> int:
    """Kill the server process that serves one of the workers in mid-transaction: PostgreSQL ends all sessions and
    recovers from its log. With a server that is elsewhere nothing is killed. Return how often it crashed.
    """
    connection.close()
    if not connection.settings_dict["HOST"].startswith("/"):
        return 0

    def killed() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                " and backend_type = 'client backend' and xact_start is not null"
            )
            victim = next((pid for (pid,) in cursor.fetchall()), None)
        if victim is None:
            return False
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:  # its worker was killed first
            return False
        return True

    def fell() -> bool:
        """Whether this session ended with all others: recovery itself may be over between two looks."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("select 1")
        except (InterfaceError, OperationalError):
            return True
        return False

    def answers() -> bool:
        try:
            connection.ensure_connection()
        except OperationalError:
            return False
        return True

    wait_for(killed, tmp_path)
    wait_for(fell, tmp_path)
    connection.close()
    wait_for(answers, tmp_path)
    return 1


def test_a_week_of_silence_a_clock_set_back_and_a_date_that_moves(tmp_path: Path, postbox: Postbox) -> None:
    postbox.release.set()
    holder, other = a_user("填报人甲"), a_user("填报人乙")
    approver = a_user("分管领导甲", Role.APPROVER)
    moved, _bystander = a_stage(1, holder), a_stage(2, other)

    command = [sys.executable, "-m", "tests.local.chaos", "looks"]
    given = environment(postbox, REDIS_URL="redis://127.0.0.1:1/0", CASEWORK_TESTING="1")
    log = tmp_path / "looks.log"
    with process(command, log, given) as looks:

        def look(day: str) -> str:
            """Let a new process look once on that day; return what it owed and sent."""
            before = len(log.read_text().splitlines())
            assert looks.stdin is not None
            looks.stdin.write(f"{day}\n".encode())
            looks.stdin.flush()
            wait_for(lambda: len(log.read_text().splitlines()) > before, tmp_path)
            return log.read_text().splitlines()[-1]

        assert look("2021-10-12") == "2 2"
        assert look("2021-10-11") == "0 0"  # the clock was set back
        at = moment("2021-10-12 10:00")
        extend_deadline(moved, 1, "working_day", approver="牵头单位", actor=approver, at=at, reason="台风")
        apply_holiday_rows([HolidayRow(date(2021, 10, 13), Kind.HOLIDAY)], actor=None, at=moment("2021-10-12 11:00"))
        assert look("2021-10-20") == "2 2"  # nobody worked for a week
        assert look("2021-10-20") == "0 0"

    told = Notice.objects.order_by("owed_at", "recipient")
    assert [(one.recipient.name, one.title.partition("：")[2]) for one in told] == [
        ("填报人甲", "还剩 3 个工作日"),
        ("填报人乙", "还剩 3 个工作日"),
        ("填报人甲", "逾期 2 个工作日"),
        ("填报人乙", "逾期 3 个工作日"),
    ]
    assert postbox.copies().total() == len(postbox.copies()) == 4
