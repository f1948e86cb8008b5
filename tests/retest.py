"""Runs the tests that failed last once more, alone, and names those that pass now: they are unsteady.

``python -m tests.retest``, also ``make retest``. Refused when nothing is on record, as after a failure before the tests
began, and when more than a few failed: then the product is at fault, not the moment.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: How the last run ended and what failed in it (casework/local/pytest_plugin.py).
RECORD = ROOT / ".pytest_cache" / "v" / "casework" / "ended"
#: More than this never is a matter of chance.
MOST = 5


def failed(record: Path) -> list[str]:
    """Return the tests that failed in the last run, none unless that run came to its end."""
    try:
        ended = json.loads(record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return list(ended["failed"]) if ended["exit"] == pytest.ExitCode.TESTS_FAILED else []


def main(record: Path = RECORD) -> int:
    """Run them again; return pytest's exit code, 1 when there is nothing that may be run again."""
    tests = failed(record)
    if not tests:
        print("没有可重跑的测试 / no run that ended with failed tests is on record", file=sys.stderr)
        return 1
    if len(tests) > MOST:
        print(f"{len(tests)} 项失败，不重跑 / failed, which is more than {MOST}: not run again", file=sys.stderr)
        return 1
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", *tests], cwd=ROOT, check=False)
    verdict = "不稳定，须修复 / unsteady, to be mended" if done.returncode == 0 else "重跑 / run again"
    for test in tests:
        print(f"! {verdict}: {test}", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
