"""Papers of the ladder: numbered without gaps in the scan, signed once, void but never gone."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from casework.accounts.models import User
from casework.core.errors import Invalid, NotAllowed, Refused
from casework.deadlines.models import Deadline
from casework.deadlines.services.lifecycle import meet_deadline
from casework.ledger.models import Entry
from casework.notices.models import Letter, LetterState
from casework.notices.services.letters import sign_letter, void_letter
from casework.notices.services.reminders import owe_reminders
from tests.build import a_compartment, moment
from tests.build_deadlines import a_deadline
from tests.cast import Cast

pytestmark = pytest.mark.django_db

AT = moment("2021-10-26 10:00")


def scan(day: str) -> int:
    return owe_reminders(date.fromisoformat(day), moment(f"{day} 09:00"))


def a_stage(ref: str = "selfinspection:1", **more: Any) -> Deadline:
    """A stage due on Friday 15 October 2021."""
    at = moment("2021-09-07 09:00")
    return a_deadline(
        ref, "S02", start_on=date(2021, 9, 7), named_on=date(2021, 10, 15), at=at, title="自查自纠", **more
    )


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def a_letter(cast: Cast) -> Letter:
    a_stage(holder=cast.unit_leader, compartment=a_compartment(*cast.members()))
    scan("2021-10-20")
    return Letter.objects.get()


def test_each_rung_makes_its_paper_once(cast: Cast) -> None:
    a_stage(holder=cast.unit_leader)
    for day in ("2021-10-15", "2021-10-18", "2021-10-18", "2021-10-20", "2021-10-26", "2021-10-27"):
        scan(day)

    found = [(one.kind, one.number, one.addressee) for one in Letter.objects.order_by("id")]
    assert found == [
        ("工作提醒", "工提〔2021〕1号", "甲单位　单位负责人甲"),
        ("督办函", "督办〔2021〕1号", "甲单位　单位负责人甲"),
        ("约谈通知", "约谈〔2021〕1号", "甲单位　单位负责人甲"),
    ]
    assert "逾期 7 个工作日" in Letter.objects.get(kind="约谈通知").body
    assert Letter.objects.first().body.startswith("“自查自纠”应于2021年10月15日办结")  # type: ignore[union-attr]


def test_numbers_have_no_gap_and_a_met_duty_makes_no_paper(cast: Cast) -> None:
    rows = [a_stage(f"selfinspection:{n}", holder=cast.unit_leader) for n in range(7)]
    meet_deadline(rows[3], actor=None, at=moment("2021-10-14 09:00"))
    scan("2021-10-18")
    scan("2021-10-20")

    for series, kind in (("工提", "工作提醒"), ("督办", "督办函")):
        numbers = Letter.objects.filter(kind=kind).order_by("id").values_list("number", flat=True)
        assert list(numbers) == [f"{series}〔2021〕{n}号" for n in range(1, 7)]
    assert not Letter.objects.filter(deadline=rows[3]).exists()
    assert sum(one.payload["data"]["count"] for one in Entry.objects.of("letters:0")) == 12


def test_signing_shows_it_to_whom_it_urges(cast: Cast) -> None:
    letter = a_letter(cast)
    page = reverse("notices:letter", args=[letter.pk])
    assert signed_in(cast.unit_leader).get(page).status_code == 404

    approver = signed_in(cast.approver)
    assert approver.get(page).status_code == 200
    assert approver.post(reverse("notices:letter-sign", args=[letter.pk]), {"version": 1}).status_code == 302
    first = sign_letter(letter, actor=cast.campaign_officer, at=AT)  # a second time changes nothing

    assert (first.state, first.signed_by) == (LetterState.SIGNED, cast.approver)
    assert signed_in(cast.unit_leader).get(page).status_code == 200
    (entry,) = Entry.objects.of(f"letter:{letter.pk}")
    assert entry.kind == "letter.signed"


def test_void_keeps_the_number(cast: Cast) -> None:
    letter = a_letter(cast)

    with pytest.raises(Invalid):
        void_letter(letter, actor=cast.approver, at=AT, reason=" ")
    void_letter(letter, actor=cast.approver, at=AT, reason="已办结")

    with pytest.raises(Refused, match="督办〔2021〕1号已作废"):
        sign_letter(letter, actor=cast.approver, at=AT)
    a_stage("selfinspection:2", holder=cast.other_leader)
    scan("2021-10-20")
    assert Letter.objects.latest("id").number == "督办〔2021〕2号"


@pytest.mark.parametrize("name", ["officer", "hearing_officer", "auditor", "unit_leader", "system_admin", "custodian"])
def test_who_may_not_sign(cast: Cast, name: str) -> None:
    letter = a_letter(cast)
    user = cast.everyone()[name]

    with pytest.raises(NotAllowed):
        sign_letter(letter, actor=user, at=AT)
    client = signed_in(user)
    for act in ("letter-sign", "letter-void"):
        assert client.post(reverse(f"notices:{act}", args=[letter.pk]), {"reason": "x"}).status_code in {403, 404}
    letter.refresh_from_db()
    assert letter.state == LetterState.READY


def test_lists_and_who_knew_what_when(cast: Cast) -> None:
    letter = a_letter(cast)
    listed = reverse("notices:letters")
    told = reverse("notices:told", args=[letter.deadline_id])

    assert letter.number in signed_in(cast.approver).get(listed).content.decode()
    assert letter.number not in signed_in(cast.outsider).get(listed).content.decode()
    page = signed_in(cast.approver).get(told).content.decode()
    assert all(word in page for word in ("单位负责人甲", "逾期 3 个工作日", "未签收", letter.number))
    assert signed_in(cast.auditor).get(told).status_code == 200
    assert signed_in(cast.outsider).get(told).status_code == 404
    assert signed_in(cast.unit_leader).get(told).status_code == 404
    void = signed_in(cast.approver).post(reverse("notices:letter-void", args=[letter.pk]), {"reason": "", "version": 1})
    assert void.status_code == 409
