"""The thin tasks: no delivery times in the broker, one clock for all workers, safe to run twice."""

import ast
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from casework.notices import tasks
from casework.notices.models import Notice
from tests.build import a_user
from tests.build_deadlines import a_deadline

ROOT = Path(__file__).resolve().parents[2]


def test_no_task_is_given_a_time_in_the_broker() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for package in ("casework", "units", "evidence", "cases")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and {word.arg for word in node.keywords} & {"eta", "countdown"}
    ]

    assert found == []


@pytest.mark.django_db
def test_a_worker_whose_clock_runs_ahead_owes_nothing_early(monkeypatch: pytest.MonkeyPatch) -> None:
    today = timezone.localdate()
    holder = a_user()
    a_deadline("selfinspection:1", "S02", start_on=today, named_on=today + timedelta(days=60), holder=holder)
    ahead = datetime.now(UTC) + timedelta(days=90)
    monkeypatch.setattr(timezone, "now", lambda: ahead)

    assert (tasks.scan(), tasks.send()) == (0, 0)
    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_the_command_does_what_beat_and_worker_do() -> None:
    today = timezone.localdate()
    start = today - timedelta(days=90)
    a_deadline("selfinspection:1", "S02", start_on=start, named_on=today - timedelta(days=30), holder=a_user())
    out = StringIO()

    call_command("reminders", "--once", stdout=out)
    call_command("reminders", "--once", stdout=out)

    assert out.getvalue().splitlines() == ["提醒 1，发出 0", "提醒 0，发出 0"]
