"""Every page of cases as those who may and those who may not."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cases.enums import CaseState
from cases.models import Case, PaperReading
from cases.services.inspections import arrive_at_site, record_findings
from cases.services.integrity import break_glass
from cases.services.members import add_member, remove_member
from casework.access.models import MOST_NAMED, Grant
from casework.accounts.enums import Role
from casework.core import clock
from casework.deadlines.models import Deadline
from casework.deadlines.web.nav import late
from casework.notices.models import Notice
from tests.build import a_user, moment, tried
from tests.build_cases import DAY, ENDS, a_case, a_proved_fact, a_suspect, a_unit, an_inspection, decide, walk, way
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def _as(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")  # type: ignore[arg-type]
    return client


def _pages(case: Case) -> list[str]:
    suspect, fact, record = case.suspects.first(), case.facts.first(), case.interviews.first()
    assert suspect is not None
    assert fact is not None
    assert record is not None
    return [
        reverse("cases:detail", args=[case.pk]),
        reverse("cases:members", args=[case.pk]),
        reverse("cases:history", args=[case.pk]),
        reverse("cases:suspect", args=[case.pk, suspect.pk]),
        reverse("cases:fact", args=[case.pk, fact.pk]),
        reverse("cases:interviews", args=[case.pk]),
        reverse("cases:interview", args=[case.pk, record.pk]),
    ]


def test_pages_of_a_case_open_for_those_who_may_know_of_it(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "facts_meeting")
    inside = {"officer", "second_officer", "approver", "auditor"}

    for role, user in cast.everyone().items():
        client = _as(user)
        for url in _pages(case):
            assert client.get(url).status_code == (200 if role in inside else 404), (role, url)


@pytest.mark.parametrize(("who", "written"), [("officer", False), ("auditor", False), ("hearing_officer", True)])
def test_what_a_step_waits_for_leads_only_those_to_the_text_who_write_it(cast: Cast, who: str, written: bool) -> None:
    case = walk(cast, a_case(cast), "hearing")
    url = reverse("cases:write", args=[case.pk, "hearing_report"])
    client = _as(getattr(cast, who))

    content = client.get(reverse("cases:detail", args=[case.pk])).content.decode()

    assert "没有审理报告" in content
    assert (url in content) == written
    assert client.get(url).status_code == (200 if written else 403)


def test_a_refused_decision_keeps_the_remarks_at_the_parts(cast: Cast) -> None:
    case = a_case(cast)
    client, url = _as(cast.approver), reverse("cases:paper", args=[case.pk])
    page = client.get(url).context

    answer = client.post(
        url,
        {
            "step": "return_paper", "reason": "", "remark-grounds": "时间没有写明",
            "digest": page["view"].digest, "version": case.version,
        },
    )  # fmt: skip

    content = answer.content.decode()
    assert answer.status_code == 409
    assert "时间没有写明</textarea>" in content
    assert '<details class="card" open>' in content
    case.refresh_from_db()
    assert not case.returned


def test_the_page_is_drawn_in_every_state(cast: Cast) -> None:
    drawn = set()
    for end in ENDS:
        with tried(end):
            for case in way(cast, a_case(cast), end):
                if case.state not in drawn:
                    _see(cast, case)
                    drawn.add(case.state)

    assert drawn == set(CaseState) - {CaseState.PROSECUTED}


def _see(cast: Cast, case: Case) -> None:
    for user in (cast.officer, cast.approver, cast.auditor):
        answer = _as(user).get(reverse("cases:detail", args=[case.pk]))
        assert answer.status_code == 200
        assert case.number in answer.content.decode()


def test_the_list_shows_what_the_reader_may_know_of(cast: Cast) -> None:
    case = a_case(cast)

    assert case.number in _as(cast.officer).get(reverse("cases:list")).content.decode()
    assert case.number not in _as(cast.outsider).get(reverse("cases:list")).content.decode()


def test_forms_open_for_the_officer(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    suspect = case.suspects.get()
    client = _as(cast.officer)

    for url in (
        reverse("cases:file"),
        reverse("cases:suspect-add", args=[case.pk]),
        reverse("cases:fact-add", args=[case.pk]),
        reverse("cases:interview-add", args=[case.pk]),
        reverse("cases:facts-shown", args=[case.pk, suspect.pk]),
        reverse("cases:write", args=[case.pk, "plan"]),
        reverse("cases:step", args=[case.pk, "meet_facts"]),
        reverse("cases:step", args=[case.pk, "ask_extension"]),
        reverse("cases:inspection-plan"),
    ):
        assert client.get(url).status_code == 200, url


def test_a_case_is_filed_by_the_form_and_its_people_are_listed(cast: Cast) -> None:
    unit = a_unit()

    answer = _as(cast.officer).post(
        reverse("cases:file"),
        {
            "title": "丁某某“挖矿”案",
            "unit": unit.pk,
            "kind": "both",
            "grounds": "利用机房",
            "suspects": "丁某某，机房管理员\n何某某",
            "conduct_on": "2021-9-1",
            "partner": cast.second_officer.pk,
            "decider": cast.approver.pk,
        },
    )

    case = Case.objects.get()
    assert answer.status_code == 302
    assert [(suspect.name, suspect.post) for suspect in case.suspects.order_by("pk")] == [
        ("丁某某", "机房管理员"),
        ("何某某", ""),
    ]
    assert {suspect.standing_on for suspect in case.suspects.all()} == {date(2021, 9, 1)}


def test_a_wrong_form_keeps_what_was_typed(cast: Cast) -> None:
    answer = _as(cast.officer).post(
        reverse("cases:file"), {"title": "丁某某“挖矿”案", "grounds": "写了很多字", "conduct_on": "九月"}
    )

    page = answer.content.decode()
    assert "写了很多字" in page
    assert "丁某某“挖矿”案" in page
    assert not Case.objects.exists()


def test_opening_the_approval_page_notes_the_reading_and_the_decision_follows(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)
    client = _as(cast.approver)
    url = reverse("cases:paper", args=[case.pk])

    first = client.get(url)
    paper = PaperReading.objects.get(user=cast.approver).paper
    case.refresh_from_db()
    answer = client.post(
        url,
        {
            "step": "approve_filing",
            "version": case.version,
            "digest": paper.digest,
            "document": "浙委批〔2021〕3号",
            "reason": "",
        },
    )

    case.refresh_from_db()
    assert first.status_code == 200
    assert answer.status_code == 302
    assert case.state == "filed"


def test_a_change_after_reading_is_shown_and_the_opinion_is_kept(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)
    client = _as(cast.approver)
    url = reverse("cases:paper", args=[case.pk])
    client.get(url)
    digest = PaperReading.objects.get(user=cast.approver).paper.digest
    a_suspect(cast, case, "何某某")
    case.refresh_from_db()

    answer = client.post(
        url,
        {
            "step": "approve_filing",
            "version": case.version,
            "digest": digest,
            "document": "浙委批〔2021〕3号",
            "reason": "同意立案",
        },
    )

    page = answer.content.decode()
    case.refresh_from_db()
    assert answer.status_code == 409
    assert case.state == "filing_pending"
    assert "同意立案" in page
    assert "内容已变" in page
    assert "何某某" in page


def test_the_leader_returns_a_paper_and_the_officer_sees_why(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)
    decide(case, "return_paper", cast.approver, "2021-09-18 10:00", reason="写明金额")

    page = _as(cast.officer).get(reverse("cases:detail", args=[case.pk])).content.decode()

    assert "写明金额" in page
    assert "改好，再送审" in page


def test_the_matrix_is_on_the_page(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    a_proved_fact(cast, case, case.suspects.get())

    page = _as(cast.officer).get(reverse("cases:detail", args=[case.pk])).content.decode()

    assert "2 份印证" in page


def test_field_pages_open_for_the_team_only(cast: Cast) -> None:
    inspection = an_inspection(cast)
    site = inspection.teams.get(number=1).sites.get()
    arrive_at_site(site, actor=cast.inspector, at=moment("2021-09-06 09:00"))
    record_findings(
        site,
        nature="active",
        machine="机房 3 号柜",
        extent="3 台，111 天",
        basis="当场运行",
        actor=cast.inspector,
        at=moment("2021-09-06 10:00"),
    )
    urls = [
        reverse("cases:inspection", args=[inspection.pk]),
        reverse("cases:site", args=[site.pk]),
        reverse("cases:site-interview-add", args=[site.pk]),
        reverse("cases:inspection-today"),
    ]

    assert [_as(cast.inspector).get(url).status_code for url in urls] == [200, 200, 200, 200]
    assert [_as(cast.outsider).get(url).status_code for url in urls] == [404, 404, 404, 404]
    assert [_as(cast.officer).get(url).status_code for url in urls[:2]] == [200, 200]


def test_a_correction_of_the_standing_ticks_nothing_by_itself(cast: Cast) -> None:
    case = a_case(cast)
    suspect, other = a_suspect(cast, case), a_suspect(cast, case, "何某某", village_cadre=True)
    client = _as(cast.officer)
    pages = {one: client.get(reverse("cases:suspect", args=[case.pk, one.pk])) for one in (suspect, other)}

    ticked = {one: page.context["form"]["village_cadre"].as_widget() for one, page in pages.items()}

    assert "checked" not in ticked[suspect]
    assert "checked" in ticked[other]
    assert "村干部</span>" in client.get(reverse("cases:detail", args=[case.pk])).content.decode()


def test_the_page_of_a_case_asks_little(cast: Cast, django_assert_max_num_queries: Any) -> None:
    case = walk(cast, a_case(cast), "investigating")
    client = _as(cast.officer)
    address = reverse("cases:detail", args=[case.pk])
    client.get(address)

    with django_assert_max_num_queries(36):
        client.get(address)


def test_who_knew_of_a_case_stays_on_its_page_with_why(cast: Cast) -> None:
    case = a_case(cast)
    leader, guest = a_user("分管领导乙", Role.APPROVER), a_user("承办人戊", Role.CASE_OFFICER)
    add_member(case, guest, actor=cast.officer, at=moment(f"{DAY} 10:00"), reason="熟悉设备")
    remove_member(case, guest, actor=cast.officer, at=moment("2021-09-25 10:00"), reason="调离")
    break_glass(case.number, actor=leader, at=clock.now(), reason="承办领导联系不上，现场等答复", hours=2)
    reading, auditing = _as(leader), _as(cast.auditor)
    page, members = reverse("cases:detail", args=[case.pk]), reverse("cases:members", args=[case.pk])

    assert reading.get(page).context["known_to"] == len(auditing.get(members).context["grants"]) == 4
    assert "应急调阅，到" in reading.get(page).content.decode()
    assert "应急调阅，到" not in auditing.get(page).content.decode()
    before = auditing.get(members).content.decode()
    assert "熟悉设备" in before.partition("曾经知悉")[2]
    Grant.objects.filter(user=leader).update(until_at=clock.now() - timedelta(minutes=1))

    assert reading.get(page).status_code == 404
    ended = auditing.get(members).content.decode().partition("曾经知悉")[2]
    assert "承办领导联系不上" in ended
    assert auditing.get(page).context["known_to"] == 3


def test_a_delegate_is_told_and_let_in_by_the_leader_himself(cast: Cast) -> None:
    case = a_case(cast)
    other, bystander = a_user("分管领导乙", Role.APPROVER), a_user("分管领导丙", Role.APPROVER)
    client, today = _as(cast.approver), clock.today()
    address = reverse("cases:approval")

    done = client.post(
        address,
        {"act": "delegate", "to": other.pk, "from_on": today, "until": today + timedelta(days=3), "reason": "外出学习"},
    )

    assert done.status_code == 302
    told = Notice.objects.get(kind="approval.delegated")
    assert (told.recipient, told.url) == (other, address)
    text = client.get(address).content.decode()
    assert case.number in text
    assert case.number not in _as(other).get(address).content.decode()
    assert case.number not in _as(bystander).get(address).content.decode()
    add_member(case, other, actor=cast.approver, at=clock.now())
    assert case.number not in client.get(address).content.decode()


def test_overdue_clocks_are_counted_alike_for_whoever_belongs_to_many_circles(cast: Cast) -> None:
    case, hidden = walk(cast, a_case(cast), "filed"), walk(cast, a_case(cast, title="旁案"), "filed")
    own = Deadline.objects.filter(ref=f"case:{hidden.pk}", state="open").first()
    assert own is not None
    leader = a_user("分管领导乙", Role.APPROVER)
    add_member(case, leader, actor=cast.officer, at=moment(f"{DAY} 15:00"))
    Deadline.objects.filter(pk=own.pk).update(compartment=None, holder=leader)
    Deadline.objects.update(due_on=date(2021, 9, 20))

    few = [row.pk for rows in late(leader) for row in rows]
    leader.known_of = {"circles": [0] * (MOST_NAMED + 1)}
    many = [row.pk for rows in late(leader) for row in rows]

    assert own.pk in few
    assert sorted(many) == sorted(few)
    assert 1 < len(few) < Deadline.objects.filter(state="open").count()
