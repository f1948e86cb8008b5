"""Child processes that cannot outlive their purpose: own session, parent-death signal, found again by a mark."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

# Every service carries these two variables, so that it is recognised after its supervisor is gone.
HOME_MARK = "CASEWORK_HOME"
SERVICE_MARK = "CASEWORK_SERVICE"
_PR_SET_PDEATHSIG = 1


class LocalServiceError(Exception):
    """A local service cannot be started or used; the message says why and what helps."""


def spawn(
    name: str,
    command: Sequence[str],
    *,
    state: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    die_with_parent: signal.Signals | None = None,
) -> "subprocess.Popen[bytes]":
    """Start ``command`` in a session of its own, marked as service ``name`` of the instance ``state``.

    With ``die_with_parent`` the kernel sends that signal when the calling thread ends (Linux only; elsewhere
    :func:`leftovers` of the next start is what cleans up).
    """
    # Lines of code are known by their number; the columns besides would be a MiB in every process.
    marks = {HOME_MARK: str(state), SERVICE_MARK: name, "PYTHONUNBUFFERED": "1", "PYTHONNODEBUGRANGES": "1"}
    with log.open("ab") as stream:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {}), **marks},
            start_new_session=True,
            preexec_fn=_parent_death(die_with_parent),  # noqa: PLW1509 (only the main thread spawns)
        )


def _parent_death(number: signal.Signals | None) -> Callable[[], None] | None:
    if number is None or sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def arm() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the request was made
            os.kill(os.getpid(), number)

    return arm


def alive(pid: int) -> bool:
    """Return whether the process exists and is not merely waiting to be reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return True


def leftovers(state: Path, *, services: frozenset[str] | None = None) -> dict[int, str]:
    """Return the marked processes of this instance, ``{pid: service}``; empty where there is no /proc."""
    return {
        pid: service
        for pid, service in _marked(state)
        if pid != os.getpid() and (services is None or service in services)
    }


def _marked(state: Path) -> Iterator[tuple[int, str]]:
    home = f"{HOME_MARK}={state}".encode()
    prefix = f"{SERVICE_MARK}=".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:  # ended meanwhile, or another user's
            continue
        if home not in variables:
            continue
        service = next((part for part in variables if part.startswith(prefix)), None)
        if service is not None and alive(int(folder.name)):
            yield int(folder.name), service.removeprefix(prefix).decode()


def end(pids: Mapping[int, str], *, number: signal.Signals = signal.SIGTERM, seconds: float = 8.0) -> None:
    """Ask the processes to end, and kill those that have not after ``seconds``."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    if wait_until(lambda: not any(alive(pid) for pid in pids), seconds):
        return
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in pids), 5.0)


def end_group(child: "subprocess.Popen[bytes]", *, number: signal.Signals, seconds: float) -> None:
    """Stop a child and everything left of its session."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.pid, number)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def wait_until(condition: Callable[[], bool], seconds: float, *, every: float = 0.05) -> bool:
    """Return whether ``condition`` became true within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every)
    return True


def last_lines(log: Path, count: int = 15) -> str:
    """Return the end of a log for an error message."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
    except OSError:
        return ""
