"""Running failed tests once more: only a few, only after a run that came to its end."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import retest

STEADY, BROKEN = "tests/test_a.py::test_steady", "tests/test_a.py::test_broken"


def record(folder: Path, ended: int | None, failed: list[str]) -> Path:
    path = folder / "ended"
    path.write_text(json.dumps({"exit": ended, "failed": failed}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("ended", "failed", "says"),
    [
        (None, [STEADY], "no run"),  # killed half way
        (0, [STEADY], "no run"),
        (2, [STEADY], "no run"),  # interrupted
        (3, [STEADY], "no run"),  # an error of pytest itself
        (1, [], "no run"),
        (1, [STEADY, *(f"{STEADY}[{n}]" for n in range(retest.MOST))], "more than"),
    ],
)
def test_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ended: int | None, failed: list[str], says: str
) -> None:
    assert retest.main(record(tmp_path, ended, failed)) == 1
    assert says in capsys.readouterr().err


def test_no_record(tmp_path: Path) -> None:
    assert retest.main(tmp_path / "absent") == 1


@pytest.mark.parametrize(("code", "verdict"), [(0, "unsteady"), (1, "run again")])
def test_what_is_run_again_decides(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    verdict: str,
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], **_more: object) -> "subprocess.CompletedProcess[bytes]":
        ran.append(command)
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(subprocess, "run", run)

    assert retest.main(record(tmp_path, 1, [BROKEN, STEADY])) == code
    assert ran == [[sys.executable, "-m", "pytest", "-q", BROKEN, STEADY]]
    assert verdict in capsys.readouterr().err
