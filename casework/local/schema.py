"""The schema of the instance's database: made on first use, brought up to date when the code changed."""

import hashlib
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg

from casework.env import env_str
from casework.local import paths, postgres
from casework.local.locks import held
from casework.local.process import SERVICE_MARK, LocalServiceError, wait_until
from casework.local.services import change_lock, say


def ensure(state: Path, *, tell: Callable[[str], None] = say) -> None:
    """Migrate an empty database; one that has a schema is left to `migrate` and `up`."""
    with held(change_lock(state)):
        if is_empty(state):
            tell("· 建立数据表 / creating the tables")
            manage(state, "migrate", "--verbosity", "0", owner=True)


def is_empty(state: Path) -> bool:
    """Return whether the instance's database has no migrated schema yet."""
    with _connect(state) as connection:
        row = connection.execute("select to_regclass('public.django_migrations') is null").fetchone()
    return bool(row and row[0])


def identity(state: Path) -> str:
    """Return what tells this database from any other, for stamps of work done in it."""
    with _connect(state) as connection:
        row = connection.execute(
            "select system_identifier || ':' || (select oid from pg_database where datname = current_database())"
            " from pg_control_system()"
        ).fetchone()
    return str(row[0]) if row else ""


def migrations_digest() -> str:
    """Return a digest over our migrations and the locked packages: what decides whether `migrate` has work."""
    digest = hashlib.sha256(sys.version.encode())
    files = [*paths.CHECKOUT.glob("*/migrations/*.py"), *paths.CHECKOUT.glob("casework/*/migrations/*.py")]
    for path in sorted([*files, *paths.CHECKOUT.glob("requirements/*.lock"), _roles()]):
        digest.update(path.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _roles() -> Path:
    return paths.CHECKOUT / "casework" / "core" / "roles.py"


def manage(
    state: Path,
    *arguments: str,
    owner: bool = False,
    quiet: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Run a management command of this instance, its output going to the terminal, until ``cancelled`` says so.

    Raises:
        LocalServiceError: the command failed; it has said why.
    """
    process = subprocess.Popen(
        [sys.executable, str(paths.CHECKOUT / "manage.py"), *arguments],
        env={
            **os.environ,
            "CASEWORK_HOME": str(state),
            "CASEWORK_DB_ROLE": "owner" if owner else "app",
            SERVICE_MARK: f"manage-{arguments[0]}",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if quiet else sys.stderr,
    )
    wait_until(lambda: cancelled() or process.poll() is not None, math.inf)
    if process.poll() is None:
        process.terminate()
    if process.wait():
        raise LocalServiceError(f"manage.py {' '.join(arguments)}: exit {process.returncode}")


def _connect(state: Path) -> "psycopg.Connection[tuple[object, ...]]":
    url = env_str("DATABASE_OWNER_URL") or env_str("DATABASE_URL")
    if not url:
        return postgres.connect(state, database=postgres.DATABASE)
    try:
        return psycopg.connect(url, connect_timeout=5, autocommit=True)
    except psycopg.OperationalError as error:
        raise LocalServiceError(f"DATABASE_URL: {error}") from error
