"""Inbox, notice, deadline page and their API, as each of the cast."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from casework.deadlines.models import Deadline
from casework.deadlines.services.changes import suspend_deadline
from casework.deadlines.services.lifecycle import meet_deadline
from casework.notices.models import Notice
from casework.notices.services.reminders import owe_reminders
from tests.build import a_compartment, moment
from tests.build_deadlines import a_deadline, a_notice
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


@pytest.fixture
def reminded(cast: Cast) -> Notice:
    """A reminder of the unit leader."""
    a_deadline("selfinspection:1", holder=cast.unit_leader)
    at = moment("2026-09-07 09:00")
    owe_reminders(at.date(), at)
    return Notice.objects.get()


def test_the_inbox_holds_the_readers_own(cast: Cast, reminded: Notice) -> None:
    for name, user in cast.everyone().items():
        page = signed_in(user).get(reverse("notices:inbox"))

        assert page.status_code == 200
        assert (reminded.title in page.content.decode()) == (name == "unit_leader")


def test_a_notice_is_signed_for_from_its_page(cast: Cast, reminded: Notice) -> None:
    client = signed_in(cast.unit_leader)
    page = client.get(reverse("notices:open", args=[reminded.pk]))
    assert reverse("notices:acknowledge", args=[reminded.pk]) in page.content.decode()
    assert reminded.url in page.content.decode()

    answer = client.post(reverse("notices:acknowledge", args=[reminded.pk]))

    assert (answer.status_code, answer["Location"]) == (302, reverse("notices:inbox"))
    reminded.refresh_from_db()
    assert reminded.acknowledged_at is not None
    assert "已签收" in client.get(reverse("notices:open", args=[reminded.pk])).content.decode()


def test_many_are_signed_for_together(cast: Cast, reminded: Notice) -> None:
    other, foreign = a_notice(cast.unit_leader, key="note:9"), a_notice(cast.officer, key="note:10")

    signed_in(cast.unit_leader).post(
        reverse("notices:inbox"), {"bulk": "acknowledge", "pk": [str(reminded.pk), str(other.pk), str(foreign.pk)]}
    )

    signed = set(Notice.objects.exclude(acknowledged_at=None).values_list("pk", flat=True))
    assert signed == {reminded.pk, other.pk}


def test_foreign_and_absent_are_the_same_404(cast: Cast, reminded: Notice) -> None:
    client = signed_in(cast.officer)

    for name, method in (("notices:open", client.get), ("notices:acknowledge", client.post)):
        foreign, absent = (method(reverse(name, args=[pk])) for pk in (reminded.pk, uuid.uuid4()))
        assert foreign.status_code == absent.status_code == 404
    reminded.refresh_from_db()
    assert reminded.acknowledged_at is None


def test_the_page_of_a_deadline_says_how_it_was_counted(cast: Cast) -> None:
    inside = a_compartment(cast.officer)
    deadline = a_deadline("case:1", "L06", compartment=inside)
    suspend_deadline(
        deadline, approver="省纪委常委会", actor=cast.officer, at=moment("2026-09-10 09:00"), reason="等候鉴定"
    )
    client = signed_in(cast.officer)

    page = client.get(reverse("deadlines:detail", args=[deadline.pk]))

    text = page.content.decode()
    assert page.status_code == 200
    assert "监察法实施条例（2025 年修订）第二百零九条第二款" in text
    assert "等候鉴定" in text
    assert "逐日计数" in text


@pytest.mark.parametrize("rule_id", ["L01", "C01", "M04", "C06", "C08", "S02", "P07"])
def test_pages_of_all_kinds_of_clocks(cast: Cast, rule_id: str) -> None:
    more: dict[str, Any] = {"start_at": moment("2026-09-01 09:00")} if rule_id == "C06" else {}
    if rule_id == "S02":
        more = {"named_on": moment("2026-10-15 09:00").date()}
    deadline = a_deadline("case:1", rule_id, holder=cast.unit_leader, **more)
    client = signed_in(cast.unit_leader)

    running = client.get(reverse("deadlines:detail", args=[deadline.pk]))
    meet_deadline(deadline, actor=None, at=moment("2026-09-12 09:00"))
    met = client.get(reverse("deadlines:detail", args=[deadline.pk]))

    assert (running.status_code, met.status_code) == (200, 200)
    assert "结论连同依据已固定" in met.content.decode()
    assert ("依据待核" in running.content.decode()) == (rule_id == "C01")


def test_a_deadline_is_absent_for_those_outside(cast: Cast) -> None:
    deadline = a_deadline("case:1", "H01", compartment=a_compartment(cast.officer), holder=cast.officer)

    for name, user in cast.everyone().items():
        answer = signed_in(user).get(reverse("deadlines:detail", args=[deadline.pk]))
        assert answer.status_code == (200 if name in {"officer", "auditor"} else 404)


def test_the_list_of_deadlines_costs_the_same_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    client = signed_in(cast.officer)
    a_deadline("case:0", "H01", holder=cast.officer)
    client.get(reverse("deadlines:list"))

    for count in (1, 3):
        Deadline.objects.count()
        a_deadline(f"case:{count}", "H01", holder=cast.officer)
        with django_assert_max_num_queries(30):
            page = client.get(reverse("deadlines:list"))
        assert page.status_code == 200


def test_the_api_lists_and_signs(cast: Cast, reminded: Notice) -> None:
    client = signed_in(cast.unit_leader)

    (row,) = client.get("/api/v1/notices/").json()["results"]
    signed = client.post(f"/api/v1/notices/{reminded.pk}/acknowledge/")
    again = client.post(f"/api/v1/notices/{reminded.pk}/acknowledge/")

    assert (row["id"], row["level"], row["due_on"]) == (str(reminded.pk), "warn", "2026-09-08")
    assert signed.status_code == again.status_code == 200
    assert signed.json()["acknowledged_at"] == again.json()["acknowledged_at"]
    assert signed_in(cast.officer).post(f"/api/v1/notices/{reminded.pk}/acknowledge/").status_code == 404


def test_the_api_shows_deadlines_with_their_explanation(cast: Cast) -> None:
    a_deadline("selfinspection:1", holder=cast.unit_leader)
    a_deadline("selfinspection:2", holder=cast.other_leader)
    client = signed_in(cast.unit_leader)

    (row,) = client.get("/api/v1/deadlines/", {"state": "open"}).json()["results"]

    assert (row["ref"], row["due_on"], row["state"]) == ("selfinspection:1", "2026-09-08", "open")
    assert row["explanation"][0].startswith("规则 L02")
    assert client.get("/api/v1/deadlines/", {"due_before": "2026-09-07"}).json()["results"] == []
    assert signed_in(cast.officer).get("/api/v1/deadlines/").json()["results"] == []


def test_a_clock_is_lengthened_from_its_page_and_nothing_typed_is_lost(cast: Cast) -> None:
    deadline = a_deadline(
        "case:1", "H01", compartment=a_compartment(cast.approver), start_on=moment("2099-09-01").date()
    )
    address = reverse("deadlines:act", args=[deadline.pk, "extend"])
    client = signed_in(cast.approver)
    assert address in client.get(reverse("deadlines:detail", args=[deadline.pk])).content.decode()
    typed = {
        "amount": "15",
        "unit": "day",
        "reason": "案情复杂",
        "approver": "省纪委常委会",
        "document": "",
        "version": "7",
    }

    stale = client.post(address, typed)
    wrong = client.post(address, {**typed, "amount": "0", "version": "1"})
    done = client.post(address, {**typed, "version": "1"})

    assert stale.status_code == wrong.status_code == 409
    assert "已被他人处理" in stale.content.decode()
    assert "案情复杂" in stale.content.decode()
    assert (done.status_code, done["Location"]) == (302, reverse("deadlines:detail", args=[deadline.pk]))
    deadline.refresh_from_db()
    assert (deadline.version, deadline.extensions.get().reason) == (2, "案情复杂")


def test_a_clock_is_stopped_and_resumed_from_its_page(cast: Cast) -> None:
    today = timezone.localdate()
    deadline = a_deadline("case:1", "H01", compartment=a_compartment(cast.officer), start_on=today - timedelta(days=3))
    client = signed_in(cast.officer)
    stop = {"from_on": f"{today:%Y年%m月%d日}", "reason": "等候鉴定", "approver": "省纪委常委会", "version": "1"}

    stopped = client.post(reverse("deadlines:act", args=[deadline.pk, "suspend"]), stop)
    again = client.post(reverse("deadlines:act", args=[deadline.pk, "suspend"]), stop)
    page = client.get(reverse("deadlines:act", args=[deadline.pk, "resume"]))
    bare = client.post(reverse("deadlines:act", args=[deadline.pk, "resume"]), {"to_on": str(today), "version": "2"})
    back = {"to_on": str(today), "reason": "鉴定意见已收到", "approver": "省纪委常委会", "version": "2"}
    resumed = client.post(reverse("deadlines:act", args=[deadline.pk, "resume"]), back)

    assert (stopped.status_code, again.status_code, page.status_code, resumed.status_code) == (302, 404, 200, 302)
    assert bare.status_code == 409
    deadline.refresh_from_db()
    stop = deadline.suspensions.get()
    assert (deadline.state, stop.reason, stop.resume_approver) == ("open", "等候鉴定", "省纪委常委会")
    told = client.get(reverse("deadlines:detail", args=[deadline.pk])).content.decode()
    assert "恢复：鉴定意见已收到" in told


def test_acts_are_absent_for_those_without_the_duty(cast: Cast) -> None:
    inside = a_compartment(*cast.members(), cast.custodian)
    deadline = a_deadline("case:1", "H01", compartment=inside, holder=cast.unit_leader)
    may = {"officer", "second_officer", "campaign_officer", "hearing_officer", "approver"}

    for name, user in cast.everyone().items():
        answer = signed_in(user).get(reverse("deadlines:act", args=[deadline.pk, "extend"]))
        assert answer.status_code == (200 if name in may else 404), name
