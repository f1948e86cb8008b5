"""The embedded services shared by whoever needs them: the first to come starts them, the last to leave stops them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from casework.local import paths, postgres, valkey
from casework.local.locks import Lock, held, is_held
from casework.local.process import LocalServiceError, wait_until


def supervisor_lock(state: Path) -> Path:
    """Return the lock that `manage.py up` holds for as long as it runs."""
    return paths.run_dir(state) / "supervisor.lock"


def change_lock(state: Path) -> Path:
    """Return the lock held while services are being started or stopped."""
    return paths.run_dir(state) / "services.lock"


def users_lock(state: Path) -> Path:
    """Return the lock that every user of the services holds shared."""
    return paths.run_dir(state) / "users.lock"


def given() -> tuple[bool, bool]:
    """Return whether a database and a broker are given by the environment."""
    return bool(_set("DATABASE_URL")), bool(_set("REDIS_URL"))


def _set(name: str) -> str | None:
    return os.environ.get(name) or os.environ.get(f"{name}_FILE")


def say(text: str) -> None:
    """Tell the person at the terminal what goes on; standard output belongs to the command."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def using(state: Path, *, throw_away: bool = False, tell: Callable[[str], None] = say) -> Iterator[None]:
    """Have the embedded services running for the length of the block.

    Servers that are given stay untouched. Services that a supervisor or another command runs are shared.
    """
    has_database, has_broker = given()
    if has_database and has_broker:
        yield
        return
    users = Lock(users_lock(state))
    children: list[subprocess.Popen[bytes]] = []
    with held(change_lock(state)):
        users.acquire(shared=True)
        if is_held(supervisor_lock(state)):
            _await_supervisor(state, has_database=has_database, has_broker=has_broker)
        if not has_database:
            children += _start_postgres(state, throw_away=throw_away, tell=tell)
        if not has_broker:
            children += _start_valkey(state, throw_away=throw_away)
    try:
        yield
    finally:
        with held(change_lock(state)):
            users.release()
            if users.acquire(wait=False) and not is_held(supervisor_lock(state)):
                stop(state)
            users.release()
        for child in children:
            child.poll()


def _await_supervisor(state: Path, *, has_database: bool, has_broker: bool) -> None:
    """Leave it to the running supervisor to bring a crashed service back."""

    def ready() -> bool:
        return (has_database or postgres.is_ready(state)) and (has_broker or valkey.is_ready(state))

    if not wait_until(lambda: ready() or not is_held(supervisor_lock(state)), postgres.READY_SECONDS):
        raise LocalServiceError(f"{state}: 服务没有恢复 / the services did not come back")


def _start_postgres(state: Path, *, throw_away: bool, tell: Callable[[str], None]) -> "list[subprocess.Popen[bytes]]":
    children = []
    if not postgres.is_ready(state):
        if not (postgres.data_dir(state) / "PG_VERSION").exists():
            tell("· 建立数据库 / creating the database cluster")
        postgres.initialise(state, throw_away=throw_away)
        if postgres.running_pid(state) is not None:  # left behind by a crash, and does not answer
            postgres.stop_running(state)
        children.append(postgres.start(state, throw_away=throw_away))
        postgres.wait_ready(state, children[0])
    postgres.ensure_database(state)
    return children


def _start_valkey(state: Path, *, throw_away: bool) -> "list[subprocess.Popen[bytes]]":
    if valkey.is_ready(state):
        return []
    postgres.socket_folder(state)
    child = valkey.start(state, throw_away=throw_away)
    valkey.wait_ready(state, child)
    return [child]


def stop(state: Path) -> None:
    """Stop whatever embedded service of this instance runs."""
    valkey.stop_running(state)
    postgres.stop_running(state)
