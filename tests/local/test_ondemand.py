"""Services for single commands: started when needed, shared, stopped by the last, never for those that need none."""

import subprocess
import sys
from pathlib import Path

import pytest

from casework.local import ondemand, paths, postgres, services
from casework.local.process import leftovers
from tests.local.conftest import environment


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("", False),
        ("help", False),
        ("up --demo", False),
        ("parse-log auth.log --json", False),
        ("spectacular --validate", False),
        ("makemigrations --check --dry-run", False),
        ("collectstatic --no-input", False),
        ("check", False),
        ("check --database default", True),
        ("figures zhejiang-2021 --help", False),
        ("figures zhejiang-2021", True),
        ("migrate", True),
        ("import units units.csv", True),
        ("ledger verify", True),
    ],
)
def test_which_commands_need_services(line: str, needed: bool) -> None:
    assert ondemand.needs_services(line.split()) is needed


@pytest.mark.slow
def test_two_users_share_the_services_and_the_last_one_stops_them(tmp_path: Path) -> None:
    holder = (
        "import sys; from casework.local import paths, services\n"
        "with services.using(paths.home(), throw_away=True): print('up', flush=True); sys.stdin.readline()"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", holder],
            cwd=paths.CHECKOUT,
            env=environment(tmp_path),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
    server = postgres.running_pid(tmp_path)

    both[0].communicate(b"\n", timeout=180)
    assert postgres.is_ready(tmp_path)
    assert postgres.running_pid(tmp_path) == server

    both[1].communicate(b"\n", timeout=180)
    assert postgres.running_pid(tmp_path) is None
    assert leftovers(tmp_path) == {}


def test_services_that_are_given_are_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://casework@db/casework")
    monkeypatch.setenv("REDIS_URL", "redis://broker/0")

    with services.using(tmp_path):
        assert list(tmp_path.iterdir()) == []
