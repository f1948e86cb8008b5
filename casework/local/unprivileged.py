"""Running PostgreSQL for root, which it refuses to serve: three ways, the first that works is taken."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from casework.local.process import LocalServiceError

NOBODY = 65534


@dataclass(frozen=True)
class Way:
    """How to run a command without root's identity, and which user must own the data then."""

    prefix: tuple[str, ...]
    owner: int


def ways() -> list[Way]:
    """Return the ways to try, best first.

    A user namespace needs no other account and leaves the files with their owner. Containers often forbid it; there a
    plain account takes over that keeps just enough capability to pass root's private folders.
    """
    found = []
    if unshare := shutil.which("unshare"):
        identity = ("--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
        found.append(Way((unshare, *identity), os.geteuid()))
    if setpriv := shutil.which("setpriv"):
        account = _account()
        identity = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
        for capability in ("dac_read_search", "dac_override"):
            kept = (f"--inh-caps=-all,+{capability}", f"--ambient-caps=-all,+{capability}")
            found.append(Way((setpriv, *identity, *kept), account.pw_uid))
        found.append(Way((setpriv, *identity), account.pw_uid))
    return found


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


@cache
def chosen(program: Path) -> Way:
    """Return the way to run ``program``; for an ordinary user that is simply to run it.

    Raises:
        LocalServiceError: every way is forbidden here.
    """
    if os.geteuid() != 0:
        return Way((), os.geteuid())
    for way in ways():
        trial = [*way.prefix, str(program), "--version"]
        if subprocess.run(trial, capture_output=True, check=False).returncode == 0:
            return way
    raise LocalServiceError(
        "PostgreSQL 不能以 root 运行，而本机又不允许用户命名空间或 setpriv。"
        "可以改用普通用户运行，或用 DATABASE_URL 指定数据库。"
        " / PostgreSQL refuses root, and neither user namespaces nor setpriv work here:"
        " run as an ordinary user or set DATABASE_URL."
    )


def give(path: Path, way: Way) -> None:
    """Make the way's user own ``path`` and everything in it."""
    if os.geteuid() != 0 or path.stat().st_uid == way.owner:
        return
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.chown(Path(folder) / name, way.owner, -1, follow_symlinks=False)
    os.chown(path, way.owner, -1)
