"""`manage.py up` for real: after a first command, every process killed with -9, started again, two side by side, ended."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from casework.local import paths, postgres, unprivileged
from casework.local.process import alive, leftovers, wait_until
from tests.local.conftest import Instance, manage

pytestmark = pytest.mark.slow
Launch = Callable[..., Instance]
SERVICES = ("postgres", "valkey", "web", "worker", "beat")


@dataclass(frozen=True)
class First:
    """A state directory in which a single command was the very first thing, and how that went."""

    state: Path
    done: "subprocess.CompletedProcess[str]"
    left: dict[int, str]
    server: int | None


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> First:
    """Run a command where nothing is yet: it makes the tables, which the instance finds and brings up to date."""
    state = tmp_path_factory.mktemp("instance").resolve()
    ask = "from django.db import connection as c; print(c.cursor().execute('select current_user').fetchone())"
    done = manage(state, "shell", "-c", ask)
    return First(state, done, leftovers(state), postgres.running_pid(state))


@pytest.fixture(scope="module")
def instance(launch: Launch, first: First) -> Instance:
    """Give one running instance for the tests of this file."""
    started = launch(first.state)
    started.wait_up()
    return started


def masters(instance: Instance) -> dict[str, int]:
    """Return the process that the supervisor started for each service."""
    return {name: pids[0] for name in SERVICES if (pids := instance.pids(name))}


def copied(instance: Instance, state: Path) -> Path:
    """Give ``state`` what a first start makes, tables and static files, from an instance that runs."""
    program, data = postgres.bin_dir() / "pg_basebackup", postgres.data_dir(state)
    way = unprivileged.chosen(program)
    data.mkdir(mode=0o700)
    unprivileged.give(data, way)
    source = ["--host", str(paths.socket_dir(instance.state)), "--username", postgres.OWNER]
    subprocess.run(
        [*way.prefix, str(program), *source, "--pgdata", str(data), "--checkpoint=fast", "--no-sync"],
        check=True,
        capture_output=True,
    )
    shutil.copytree(instance.state / "static", state / "static")
    for stamp in paths.run_dir(instance.state).glob("*.stamp"):
        shutil.copy(stamp, paths.run_dir(state))
    return state


def test_a_first_command_makes_the_schema_and_leaves_nothing_running(first: First) -> None:
    assert first.done.returncode == 0, first.done.stderr
    assert first.done.stdout.splitlines()[-1] == "('cw_app',)"
    assert "creating the tables" in first.done.stderr
    assert first.left == {}
    assert first.server is None


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_service_comes_back_under_the_running_supervisor(instance: Instance, service: str) -> None:
    assert wait_until(lambda: set(masters(instance)) == set(SERVICES), 240.0)
    before = masters(instance)
    restarts = instance.restarts()

    os.kill(before[service], signal.SIGKILL)

    # Told once nothing of the old one is left, and before the new one is started: children that outlive their master
    # look like it.
    assert wait_until(lambda: instance.restarts() == [*restarts, service], 240.0), instance.said()
    assert wait_until(lambda: masters(instance).get(service) not in (None, before[service]), 240.0), instance.said()
    assert wait_until(instance.is_up, 240.0), instance.said()
    assert wait_until(lambda: masters(instance) | {service: 0} == before | {service: 0}, 240.0), instance.said()
    assert set(masters(instance)) == set(SERVICES)


def test_the_same_state_directory_is_refused_to_a_second_instance(instance: Instance) -> None:
    done = manage(instance.state, "up", "--port", str(instance.port + 1))

    assert done.returncode == 1
    assert "make stop" in done.stderr
    assert instance.is_up()


def test_a_single_command_shares_the_running_services(instance: Instance) -> None:
    server = masters(instance)["postgres"]

    done = manage(instance.state, "showmigrations", "core")

    assert done.returncode == 0, done.stderr
    assert "[X] 0001_initial" in done.stdout
    assert masters(instance)["postgres"] == server


def test_a_second_instance_survives_the_kill_of_its_supervisor_and_the_first_is_not_touched(
    instance: Instance, launch: Launch, tmp_path: Path
) -> None:
    first = masters(instance)
    state = copied(instance, tmp_path.resolve())
    # Files of a crash whose process numbers now belong to somebody else: to this very process.
    (paths.run_dir(state) / "supervisor.pid").write_text(f"{os.getpid()}\n", encoding="utf-8")
    pid_file = postgres.data_dir(state) / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{postgres.data_dir(state)}\n0\n5432\n", encoding="utf-8")
    second = launch(state)
    second.wait_up()
    with postgres.connect(state, database=postgres.DATABASE) as connection:
        connection.execute("insert into django_session values ('kept', 'data', now())")
    left = masters(second)

    os.kill(second.process.pid, signal.SIGKILL)
    second.process.wait(120)
    again = launch(state, second.port)
    again.wait_up()

    assert not [pid for pid in left.values() if alive(pid)]
    with postgres.connect(state, database=postgres.DATABASE) as connection:
        assert connection.execute("select session_key from django_session").fetchall() == [("kept",)]

    done = manage(state, "stop")

    assert done.returncode == 0, done.stderr
    assert again.process.wait(120) == 0
    assert leftovers(state) == {}
    assert masters(instance) == first
    assert instance.is_up()


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = manage(tmp_path, "up", "--port", str(port))

    assert done.returncode == 1
    assert f"CASEWORK_PORT={port + 1}" in done.stderr
    assert not postgres.data_dir(tmp_path).exists()
