"""The holiday table in the web, and what follows a moved date: lists, holders, verdicts."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.deadlines.followers import tell_followers
from casework.deadlines.models import Deadline, Holiday
from casework.deadlines.rules import rules
from casework.deadlines.services.calendar import remove_holiday
from casework.deadlines.services.changes import extend_deadline, hand_over_deadlines
from casework.ledger.models import Entry
from casework.notices.models import Notice
from casework.notices.services.reminders import owe_reminders
from tests.build import moment
from tests.build_campaigns import a_scene
from tests.build_deadlines import a_deadline
from tests.cast import Cast
from units.services.register import change_leader

pytestmark = pytest.mark.django_db

AT = moment("2026-09-01 10:00")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def test_a_day_is_corrected_and_running_clocks_move(cast: Cast) -> None:
    deadline = a_deadline("report:1", "L02", start_on=date(2026, 9, 18))
    client = signed_in(cast.campaign_officer)

    page = client.get(reverse("deadlines:holidays")).content.decode()
    assert "2026 年" in page
    assert "放假通知还没有登记" in page  # next year's
    given = {"on": "2026-9-21", "kind": "holiday", "name": "更正", "source": "国办发明电〔2026〕1号"}
    assert client.post(reverse("deadlines:holiday-edit"), given).status_code == 302
    deadline.refresh_from_db()
    assert deadline.due_on == date(2026, 9, 28)
    assert client.post(reverse("deadlines:holiday-remove"), {"on": "2026-9-21", "reason": ""}).status_code == 409
    assert client.post(reverse("deadlines:holiday-remove"), {"on": "2026-9-21", "reason": "登记错"}).status_code == 302
    deadline.refresh_from_db()
    assert deadline.due_on == date(2026, 9, 24)
    assert not Holiday.objects.filter(date=date(2026, 9, 21)).exists()
    assert [one.kind for one in Entry.objects.of("holidays:0")].count("holiday.removed") == 1


def test_removing_what_is_not_there_changes_nothing(cast: Cast) -> None:
    before = Holiday.objects.count()

    assert remove_holiday(date(2026, 8, 3), actor=cast.campaign_officer, at=AT, reason="登记错") == 0
    with pytest.raises(Invalid):
        remove_holiday(date(2026, 10, 1), actor=cast.campaign_officer, at=AT, reason="")
    assert Holiday.objects.count() == before


@pytest.mark.parametrize("name", ["officer", "approver", "auditor", "unit_leader", "liaison", "security_admin"])
def test_others_do_not_change_the_table(cast: Cast, name: str) -> None:
    client = signed_in(cast.everyone()[name])
    reads = name in {"officer", "approver", "auditor"}

    assert client.get(reverse("deadlines:holidays")).status_code == (200 if reads else 404)
    for act in ("holiday-edit", "holiday-remove"):
        assert client.get(reverse(f"deadlines:{act}")).status_code == 404
        assert client.post(reverse(f"deadlines:{act}"), {"on": "2026-10-1", "reason": "x"}).status_code == (
            403 if name == "auditor" else 404
        )
    assert Holiday.objects.filter(date=date(2026, 10, 1)).exists()


@pytest.mark.parametrize("rule_id", sorted(rules()))
def test_every_limit_is_explained_by_the_command(rule_id: str) -> None:
    out = StringIO()

    call_command("deadline", "explain", rule_id, "--start", "2026-09-18", "--named", "2026-10-15", stdout=out)

    found, lines = rules()[rule_id], out.getvalue().splitlines()
    assert lines[0].startswith(f"1. 规则 {rule_id}（第 {found.version} 版）：{found.label}")
    assert found.citation in lines[0]
    assert ("依据待核" in lines[0]) == found.unverified
    assert any("到期" in line for line in lines[1:])
    assert [line.partition(".")[0] for line in lines] == [str(n) for n in range(1, len(lines) + 1)]


@pytest.mark.parametrize("what", ["X99", "report:9", "deadline:x"])
def test_an_unknown_reference_is_told(what: str) -> None:
    with pytest.raises(CommandError, match=what):
        call_command("deadline", "explain", what)


def test_lists_follow_a_moved_clock(cast: Cast) -> None:
    report = a_scene(cast).inspection
    clock = Deadline.objects.get(ref=report.ref)
    assert report.due_on == clock.due_on

    moved = extend_deadline(
        clock, 5, "working_day", approver="牵头单位", actor=cast.approver, at=moment("2021-10-12 10:00"), reason="台风"
    )

    report.refresh_from_db()
    assert report.due_on == moved.due_on > clock.due_on
    tell_followers({("report:1", "L02"): date(2026, 9, 9), ("selfinspection:x", "S02"): date(2026, 9, 9)})


def test_a_new_leader_takes_over_the_clocks(cast: Cast) -> None:
    report = a_scene(cast).inspection
    bystander = a_deadline("selfinspection:999999", "S02", named_on=date(2026, 10, 15), holder=cast.other_leader)
    clock = Deadline.objects.get(ref=report.ref)
    before = clock.holder
    at = moment("2021-10-28 10:00")
    owe_reminders(at.date(), at)

    change_leader(report.unit, "新负责人", user=cast.other_leader, actor=cast.campaign_officer, at=at, reason="调任")

    clock.refresh_from_db()
    assert (clock.holder, before == clock.holder) == (cast.other_leader, False)
    assert owe_reminders(at.date(), moment("2021-10-28 10:01")) == 1
    assert Notice.objects.filter(recipient=cast.other_leader, ref=report.ref, kind="deadline.reminder").count() == 1
    bystander.refresh_from_db()
    assert bystander.version == 1
    assert hand_over_deadlines(Deadline.objects.filter(pk=clock.pk), cast.other_leader, actor=cast.approver, at=at) == 0
    assert "deadline.handed_over" in [one.kind for one in Entry.objects.of(f"deadline:{clock.pk}")]
