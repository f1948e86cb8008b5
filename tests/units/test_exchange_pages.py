"""The pages of letters, relapses and lists: what each side may open, press and never sees."""

from datetime import date
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from casework.accounts.models import User
from casework.web.list_query import ListQuery
from tests.build import a_compartment, moment
from tests.build_exchange import a_liaison, a_next_list, an_agency
from tests.build_units import NOW, a_block, a_lead, a_unit
from tests.cast import Cast
from units.enums import Disposition, UnitKind
from units.enums_exchange import HandOverState, LookupState
from units.models import HandOver, LiabilityItem, LookupRequest, MonitorList
from units.services.change_sets import handle_leads
from units.services.hand_overs import bring_lead, hand_over_lead
from units.services.leads import raise_leads
from units.services.lookups import send_lookup
from units.web.hand_overs import HAND_OVERS
from units.web.leads import TABLE, calendar_now
from units.web.liabilities import LIABILITIES
from units.web.lookups import LOOKUPS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(settings: object) -> None:
    settings.CASEWORK_NOW = "2021-12-03 10:00"  # type: ignore[attr-defined]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def three_lists(cast: Cast) -> MonitorList:
    """Return the third of three lists: one address is back, one of another holder, one of nobody."""
    circle = a_compartment(*cast.members())
    block, other = a_block(a_unit("甲中学"), "10.0.0.0/24"), a_block(a_unit(kind=UnitKind.OTHER), "192.0.2.0/24")
    a_next_list(circle, "2021-07-20", {"10.0.0.1": block})
    a_next_list(circle, "2021-09-20", {"192.0.2.7": other})
    return a_next_list(circle, "2021-11-20", {"10.0.0.1": block, "192.0.2.7": other, "100.126.0.2": None})


def test_the_page_of_a_list_leads_every_number_to_its_rows(cast: Cast) -> None:
    third = three_lists(cast)
    client = signed_in(cast.campaign_officer)
    page = client.get(reverse("units:monitor-list", args=[third.pk])).content.decode()
    url = reverse("units:list-addresses", args=[third.pk])
    for change, address in (("relapsed", "10.0.0.1"), ("persisting", "192.0.2.7"), ("new", "100.126.0.2")):
        assert f"{url}?change={change}" in page
        assert address in client.get(f"{url}?change={change}").content.decode()
    assert "共 <b>3</b>" in client.get(url).content.decode()
    for name in ("lookup-new", "hand-over-list-new"):
        assert reverse(f"units:{name}", args=[third.pk]) in page


def test_a_lookup_is_sent_received_and_answered_on_pages(cast: Cast) -> None:
    third, agency = three_lists(cast), an_agency()
    liaison, office = a_liaison(agency), signed_in(cast.campaign_officer)
    new = reverse("units:lookup-new", args=[third.pk])
    assert "1 个地址归属不明" in office.get(new).content.decode()
    given = {"agency": agency.pk, "text": "请查", "days": "5"}
    assert office.post(new, {**given, "agency": ""}).status_code == 409
    assert office.post(new, given).status_code == 302
    request = LookupRequest.objects.get()
    page = reverse("units:lookup", args=[request.pk])
    outside = signed_in(liaison)
    assert office.get(page).status_code == 200
    body = outside.get(page).content.decode()
    assert "100.126.0.2" in body
    assert "10.0.0.1" not in body
    assert "省级出口" not in body
    assert (
        "100.126.0.2,40000,2021-11-20"
        in outside.get(reverse("units:lookup-addresses", args=[request.pk])).content.decode()
    )
    assert outside.post(reverse("units:lookup-receive", args=[request.pk])).status_code == 302
    assert outside.post(reverse("units:lookup-answer", args=[request.pk]), {"text": ""}).status_code == 409
    assert outside.post(reverse("units:lookup-answer", args=[request.pk]), {"text": "查不到"}).status_code == 302
    assert outside.post(reverse("units:lookup-close", args=[request.pk])).status_code == 404
    assert office.post(reverse("units:lookup-close", args=[request.pk])).status_code == 302
    request.refresh_from_db()
    assert request.state == LookupState.CLOSED
    assert request.number in outside.get(reverse("units:lookups")).content.decode()


def test_a_letter_from_an_agency_becomes_a_lead_on_pages(cast: Cast) -> None:
    agency, unit = an_agency("省公安厅"), a_unit("乙中学")
    three_lists(cast)
    outside, intake = signed_in(a_liaison(agency)), signed_in(cast.intake)
    given = {"title": "机房夜间用电", "text": "见附表"}
    assert outside.post(reverse("units:hand-over-bring"), given).status_code == 302
    letter = HandOver.objects.get()
    page = reverse("units:hand-over", args=[letter.pk])
    assert "机房夜间用电" in outside.get(page).content.decode()
    if not HandOver.objects.visible_to(cast.intake).exists():  # the default circle was opened by this very act
        letter.compartment.grants.create(user=cast.intake, from_on=date(2020, 1, 1))
    assert intake.post(reverse("units:hand-over-receive", args=[letter.pk])).status_code == 302
    assert intake.post(reverse("units:hand-over-raise", args=[letter.pk]), {"unit": unit.pk}).status_code == 302
    letter.refresh_from_db()
    assert letter.lead is not None
    body = outside.get(page).content.decode()
    assert letter.lead.number not in body
    assert "乙中学" not in body
    assert outside.post(reverse("units:hand-over-raise", args=[letter.pk]), {"unit": unit.pk}).status_code == 404
    done = intake.post(
        reverse("units:hand-over-answer", args=[letter.pk]), {"result": "已受理", "result_on": "2021-12-3"}
    )
    assert done.status_code == 302
    assert outside.post(reverse("units:hand-over-close", args=[letter.pk])).status_code == 302
    letter.refresh_from_db()
    assert letter.state == HandOverState.CLOSED


def test_a_relapse_is_heard_and_decided_on_pages(cast: Cast) -> None:
    third = three_lists(cast)
    raise_leads(third, handler=cast.officer, actor=cast.campaign_officer, at=moment("2021-12-02 09:00"))
    item = LiabilityItem.objects.get()
    page = reverse("units:liability", args=[item.pk])
    officer, approver = signed_in(cast.officer), signed_in(cast.approver)
    assert "10.0.0.1" in officer.get(page).content.decode()
    assert "甲中学" in officer.get(reverse("units:liabilities")).content.decode()
    decide = reverse("units:liability-decide", args=[item.pk])
    assert approver.post(decide, {"held": "1", "reason": "再犯"}).status_code == 409
    talk = reverse("units:liability-talk", args=[item.pk])
    assert officer.post(talk, {"talked_on": "2021-12-3", "statement": ""}).status_code == 409
    assert officer.post(talk, {"talked_on": "2021-12-3", "statement": "又装了"}).status_code == 302
    assert approver.post(decide, {"held": "1", "reason": "再犯"}).status_code == 302
    item.refresh_from_db()
    assert item.state == "held"


def test_many_leads_are_one_change_set_with_a_page_and_an_undo(cast: Cast) -> None:
    circle = a_compartment(*cast.members())
    leads = [a_lead(a_unit(), circle) for _number in range(3)]
    client = signed_in(cast.officer)
    table = reverse("units:lead-table")
    asked = client.post(table, {"bulk": "inquiry", "all": "1"}).content.decode()
    assert "对 3 条线索谈话函询" in asked
    assert client.post(table, {"bulk": "inquiry", "all": "1", "confirmed": "1"}).status_code == 302
    made = cast.officer._meta.apps.get_model("units", "ChangeSet").objects.get()
    page = reverse("units:change-set", args=[made.pk])
    body = client.get(page).content.decode()
    assert all(lead.number in body for lead in leads)
    assert signed_in(cast.second_officer).get(page).status_code == 404
    assert client.post(reverse("units:change-set-undo", args=[made.pk])).status_code == 302
    assert {lead.state for lead in type(leads[0]).objects.all()} == {"under_study"}


WRITING = (
    "lookup-receive", "lookup-answer", "lookup-take-in", "lookup-close", "hand-over-receive", "hand-over-return",
    "hand-over-answer", "hand-over-close", "hand-over-raise", "liability-talk", "liability-decide",
    "liability-reopen", "change-set-undo",
)  # fmt: skip


@pytest.mark.parametrize("name", WRITING)
def test_the_auditor_and_outsiders_are_refused_at_every_writing_door(cast: Cast, name: str) -> None:
    third, agency = three_lists(cast), an_agency()
    raise_leads(third, handler=cast.officer, actor=cast.campaign_officer, at=moment("2021-12-02 09:00"))
    request = send_lookup(third, agency, actor=cast.campaign_officer, at=NOW)
    letter = bring_lead(title="来函", text="内容", agency=agency, actor=cast.intake, at=NOW)
    lead = a_lead(a_unit(), third.compartment)
    handle_leads([lead], Disposition.SHELVED, actor=cast.officer, at=NOW)
    made = cast.officer._meta.apps.get_model("units", "ChangeSet").objects.get()
    things = {"lookup": request, "hand-over": letter, "liability": LiabilityItem.objects.get(), "change-set": made}
    thing = next(found for start, found in things.items() if name.startswith(start))
    url = reverse(f"units:{name}", args=[thing.pk])
    refused = {}
    for who in ("auditor", "outsider", "unit_leader", "liaison", "system_admin", "custodian"):
        refused[who] = signed_in(cast.everyone()[who]).post(url, {}).status_code
    assert {who: code for who, code in refused.items() if code not in {403, 404}} == {}


@pytest.mark.parametrize("page", ["lead-table", "lookups", "hand-overs", "liabilities"])
def test_a_list_of_leads_or_letters_asks_at_most_eight_questions_of_its_own(
    cast: Cast, page: str, django_assert_max_num_queries: Any
) -> None:
    third, agency = three_lists(cast), an_agency()
    leads = raise_leads(third, handler=cast.officer, actor=cast.campaign_officer, at=moment("2021-12-02 09:00"))
    send_lookup(third, agency, actor=cast.campaign_officer, at=NOW)
    for lead in leads:
        hand_over_lead(lead, agency, title="商请", text="请提供日志", purpose="assist", actor=cast.officer, at=NOW)
    user = cast.officer
    request = RequestFactory().get(reverse(f"units:{page}"))
    request.user = user
    request.session = {}  # type: ignore[assignment]
    listed = {"lead-table": TABLE, "lookups": LOOKUPS, "hand-overs": HAND_OVERS, "liabilities": LIABILITIES}[page]
    assert user.roles  # read once a request by the shell
    calendar_now()
    with django_assert_max_num_queries(8):
        query = ListQuery(listed, user, request.GET)
        rows = query.window().rows
        assert rows
        assert query.total
        assert query.facet_counts
        if listed.prepare is not None:
            listed.prepare(request, rows)
