"""`python -m benchmarks [NAME …] [--scale F]`: run the benchmarks and print their ratios.

Without ``DATABASE_URL`` the embedded services are started, durable as in use, in a temporary folder (or below a given
``CASEWORK_HOME``). Either way everything happens in new databases that are dropped at the end.
"""

import argparse
import contextlib
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import django

from casework.local import paths, services
from casework.local.locks import Lock
from casework.local.process import LocalServiceError

NAMES = (
    "matching", "ledger", "pages", "deadlines", "campaign", "evidence", "cases", "secrecy", "penalties", "logs", "attribution",
    "documents", "search", "archives",
)  # fmt: skip


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; all without a name")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the sizes; 1 takes about two minutes")
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.names if name not in NAMES]:
        parser.error(f"{', '.join(unknown)}: there are {', '.join(NAMES)}")
    if chosen.scale <= 0:
        parser.error("--scale: a number above 0")
    # Ended from outside, the services and databases are cleared away all the same.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        with _home() as state, services.using(state):
            _run([name for name in NAMES if name in chosen.names] or list(NAMES), chosen.scale)
    except LocalServiceError as error:
        sys.exit(str(error))


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    """Give a state directory and the environment that settings are read from."""
    with tempfile.TemporaryDirectory(prefix="cw-bench-") as passing:
        given = os.environ.get("CASEWORK_HOME")
        state = (Path(given).expanduser() / "bench" if given else Path(passing)).resolve()
        os.environ.update(
            CASEWORK_HOME=str(state),
            CASEWORK_TESTING="1",  # no pool: one connection for each thread; static files without a manifest
            CASEWORK_DB_ROLE="owner",
            DJANGO_SETTINGS_MODULE="casework.settings",
        )
        lock = Lock(paths.run_dir(state) / "bench.lock")
        if not lock.acquire(wait=False):
            sys.exit(f"{state}: another run uses it; set CASEWORK_HOME to another folder")
        try:
            yield state
        finally:
            lock.release()
            if not given:
                shutil.rmtree(paths.socket_dir(state), ignore_errors=True)


def _run(names: list[str], scale: float) -> None:
    django.setup()
    database = importlib.import_module("benchmarks.database")
    begun = time.perf_counter()
    with database.pristine() as server:
        print(f"PostgreSQL {server}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, scale {scale:g}", flush=True)
        for name in names:
            start = time.perf_counter()
            print(f"\n{name}", flush=True)
            importlib.import_module(f"benchmarks.{name}").run(scale)
            print(f"  ({time.perf_counter() - start:.0f} s, load now {os.getloadavg()[0]:.1f})", flush=True)
    print(f"\n{time.perf_counter() - begun:.0f} s in all")


if __name__ == "__main__":
    main()
