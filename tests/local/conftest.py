"""Real instances for the tests of this folder: started, killed and ended by process number alone."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from casework.local import paths, postgres
from casework.local.process import alive, end, leftovers, wait_until
from casework.local.up import status

# What belongs to the tests' own process and must not reach an instance started as people start it.
OWN = ("CASEWORK_TESTING", "CASEWORK_DB_ROLE", "CASEWORK_TEST_HOME", "PYTEST_CURRENT_TEST", "DATABASE_URL", "REDIS_URL")


#: Below those that the system gives to clients, so that none of them takes one before its instance listens; each
#: process has some of its own.
_ports = count(20_000 + 100 * (os.getpid() % 120))


def free_port() -> int:
    """Return a port that nothing listens on now, another one each time."""
    while True:
        port = next(_ports)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(state: Path, **more: str) -> dict[str, str]:
    """Return the environment of a command of the instance ``state``."""
    inherited = {name: value for name, value in os.environ.items() if name not in OWN}
    return {**inherited, "CASEWORK_HOME": str(state), **more}


def manage(state: Path, *arguments: str, seconds: float = 900.0, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run a management command of the instance to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=paths.CHECKOUT,
        env=environment(state, **more),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def give_tables(state: Path, database: str) -> None:
    """Give the server of ``state`` the roles and the migrated, empty tables of the tests' own, as a new database."""
    source, target = paths.socket_dir(settings.CASEWORK_HOME), paths.socket_dir(state)
    with postgres.connect(state) as there:
        if not there.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
            there.execute(f'create database "{database}"')
    login = ["--username", postgres.OWNER, "--host"]
    reader = [str(postgres.bin_dir() / "psql"), "--quiet", "--no-psqlrc", *login, str(target), "--dbname"]
    for dump, into in (
        (["pg_dumpall", "--roles-only"], "postgres"),
        (["pg_dump", f"{connection.settings_dict['NAME']}_pristine"], database),
    ):
        program = [str(postgres.bin_dir() / dump[0]), *dump[1:], *login, str(source)]
        text = subprocess.run(program, check=True, capture_output=True).stdout
        subprocess.run([*reader, into], input=text, check=True, capture_output=True)


def _begun(pid: int) -> tuple[int, int]:
    """Return when a process began, in ticks since the machine did (proc(5), field 22); numbers begin anew some day."""
    try:
        ticks = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except OSError:  # ended meanwhile
        ticks = "0"
    return int(ticks), pid


@dataclass
class Instance:
    """One `manage.py up`."""

    state: Path
    port: int
    process: "subprocess.Popen[bytes]"
    output: Path

    def said(self) -> str:
        """Return what it has printed so far."""
        return self.output.read_text(encoding="utf-8")

    def is_up(self) -> bool:
        """Return whether every part works."""
        return status("127.0.0.1", self.port, "/readyz") == HTTPStatus.OK

    def wait_up(self, seconds: float = 900.0) -> None:
        """Wait until the address is printed and every part works."""
        wait_until(lambda: "ready: http" in self.said() or self.process.poll() is not None, seconds)
        assert wait_until(self.is_up, 240.0), self.said()

    def pids(self, service: str) -> list[int]:
        """Return the live processes of one service, the oldest first."""
        return sorted(leftovers(self.state, services=frozenset({service})), key=_begun)

    def restarts(self) -> list[str]:
        """Return the services that were started again, in order."""
        return re.findall(r"! (\w+) 退出", self.said())

    def stop(self) -> int:
        """Ask it to end as Ctrl-C does; return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(180)


@pytest.fixture(scope="session")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Instance]]:
    """Start instances; whatever of them is left at the end is ended."""
    started: list[Instance] = []

    def start(state: Path | None = None, port: int | None = None) -> Instance:
        folder = state or tmp_path_factory.mktemp("instance").resolve()
        output = folder / f"output-{len(started)}.txt"
        chosen = port or free_port()
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--port", str(chosen)],
                cwd=paths.CHECKOUT,
                env=environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(Instance(folder, chosen, process, output))
        return started[-1]

    yield start

    for instance in started:
        if alive(instance.process.pid):
            instance.process.send_signal(signal.SIGTERM)
    for instance in started:
        instance.process.wait(180)
        end(leftovers(instance.state))
