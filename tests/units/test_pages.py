"""Pages of the register, of monitoring and of leads: who may open them, what they say, what a press does."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.build import a_compartment
from tests.build_units import NOW, a_block, a_lead, a_list, a_run, a_sighting, a_unit
from tests.cast import Cast
from units.models import AddressConflict, Lead, Person
from units.services.leads import raise_leads
from units.services.questions import settle_question

pytestmark = pytest.mark.django_db


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


@pytest.fixture
def scene(cast: Cast) -> dict[str, Any]:
    circle = a_compartment(*cast.members())
    unit = a_unit("绍兴市上虞区职业教育中心", leader=cast.unit_leader)
    seen = a_list(circle)
    block = a_block(unit, "198.51.100.0/24", from_on="2019-03-01")
    row = a_sighting(seen, "198.51.100.37", block=block)
    a_sighting(seen, "198.51.100.52", block=block, at="2021-07-02 08:00", currency="ETH")
    (lead,) = raise_leads(seen, handler=cast.officer, actor=cast.campaign_officer, at=NOW)
    rival = a_block(a_unit("乙单位"), "198.51.100.0/24")
    conflict = AddressConflict.objects.create(first=block, second=rival, noted_at=NOW)
    person = Person.objects.create(unit=unit, name="丁某某", post="机房管理员", party_member=True)
    return {
        "unit": unit, "person": person, "conflict": conflict, "sighting": row, "monitor-list": seen, "lead": lead,
        "run": a_run("units"),
    }  # fmt: skip


LISTS = ("units", "people", "addresses", "conflicts", "sightings", "monitor-lists", "leads", "lead-table")
SECRET = {"sighting", "monitor-list", "lead"}


def test_every_page_opens_for_those_who_may_and_is_absent_for_the_rest(cast: Cast, scene: dict[str, Any]) -> None:
    inside = {user.pk for user in (*cast.members(), cast.auditor)}
    for name, user in cast.everyone().items():
        client = as_(user)
        for page in LISTS:
            expected = 200 if user.is_commission else 404
            assert client.get(reverse(f"units:{page}")).status_code == expected, (name, page)
        for key in ("unit", "person", "conflict", *SECRET):
            may = user.is_commission and (key not in SECRET or user.pk in inside)
            status = client.get(reverse(f"units:{key}", args=[scene[key].pk])).status_code
            assert status == (200 if may else 404), (name, key)


def test_pages_say_nothing_of_leads_to_those_outside(cast: Cast, scene: dict[str, Any]) -> None:
    for page in (
        "/units/",
        f"/units/{scene['unit'].pk}/",
        "/sightings/",
        "/leads/",
        "/leads/table/",
        "/sightings/lists/",
    ):
        text = as_(cast.outsider).get(page).content.decode()
        assert scene["lead"].number not in text, page
        assert "198.51.100.37" not in text, page


def test_triage_shows_the_lead_with_its_questions_and_goes_on_to_the_next(cast: Cast, scene: dict[str, Any]) -> None:
    lead = scene["lead"]
    other = a_lead(a_unit("第二家"), lead.compartment, handler=cast.officer, received_on=date(2021, 8, 3))
    client = as_(cast.officer)
    text = client.get("/leads/").content.decode()
    assert "2 个地址" in text
    assert "3 个未定，暂不能定性" in text
    assert f'name="then" value="{other.pk}"' in text

    answer = client.post(
        reverse("units:lead-handle", args=[lead.pk]),
        {"note": "现场与监测一致。", "way": "verification", "version": lead.version, "then": other.pk},
    )

    assert answer["Location"] == reverse("units:lead", args=[other.pk])
    lead.refresh_from_db()
    other.refresh_from_db()
    assert (lead.state, lead.proposal, lead.note) == ("opinion_pending", "verification", "现场与监测一致。")
    assert (other.state, other.version) == ("under_study", 1)
    text = as_(cast.approver).get("/leads/").content.decode()
    assert "报送：初步核实" in text


def test_a_stale_or_refused_form_keeps_what_was_typed(cast: Cast, scene: dict[str, Any]) -> None:
    lead = scene["lead"]
    client = as_(cast.officer)
    answer = client.post(
        reverse("units:lead-handle", args=[lead.pk]), {"note": "写了很久的话", "way": "closed", "version": 99}
    )
    assert answer.status_code == 409
    assert "写了很久的话" in answer.content.decode()
    assert "已被他人处理" in answer.content.decode()
    lead.refresh_from_db()
    assert lead.state == "assigned"


def test_undo_of_a_bulk_decision(cast: Cast, scene: dict[str, Any]) -> None:
    client = as_(cast.officer)
    answer = client.post("/leads/table/", {"bulk": "shelved", "pk": [scene["lead"].pk]})
    assert "对 1 条线索暂存待查？" in answer.content.decode()
    client.post("/leads/table/", {"bulk": "shelved", "pk": [scene["lead"].pk], "confirmed": "1"})
    assert Lead.objects.get(pk=scene["lead"].pk).proposal == "shelved"
    client.post("/leads/undo/")
    assert Lead.objects.get(pk=scene["lead"].pk).state == "assigned"


def test_settling_a_question_and_a_conflict_on_their_pages(cast: Cast, scene: dict[str, Any]) -> None:
    client = as_(cast.officer)
    page = reverse("units:lead-question", args=[scene["lead"].pk, "nature"])
    assert client.post(page, {"act": "settle", "answer": "passive", "source_ref": ""}).status_code == 409
    assert client.post(page, {"act": "settle", "answer": "passive", "source_ref": "杀毒日志"}).status_code == 302
    assert scene["lead"].questions.get(kind="nature").answer == "passive"
    page = reverse("units:lead-question", args=[scene["lead"].pk, "machine"])
    given = {"act": "evidence", "candidate": "自购矿机", "stance": "for", "text": "采购凭证", "ref": ""}
    assert client.post(page, given).status_code == 302
    assert "自购矿机" in client.get(page).content.decode()
    page = reverse("units:conflict", args=[scene["conflict"].pk])
    kept = {"kept": scene["conflict"].first_id, "reason": "通管局复函"}
    assert as_(cast.campaign_officer).post(page, kept).status_code == 302
    scene["conflict"].refresh_from_db()
    assert scene["conflict"].kept == scene["conflict"].first


def test_what_an_answer_rests_on_is_named_and_linked_as_far_as_the_reader_may_know(
    cast: Cast, scene: dict[str, Any]
) -> None:
    hidden = a_lead(a_unit(name="别处的学校"), a_compartment(cast.campaign_officer))
    sources = {"nature": ("passive", f"lead:{scene['lead'].pk}"), "machine": ("矿机", f"lead:{hidden.pk}")}
    for kind, (answer, source) in {**sources, "extent": ("4 台", "证物 3 号<b>")}.items():
        settle_question(scene["lead"].questions.get(kind=kind), answer, source_ref=source, actor=cast.officer, at=NOW)

    shown = as_(cast.officer).get(f"/leads/{scene['lead'].pk}/").content.decode()

    assert f'<a href="/leads/{scene["lead"].pk}/">{scene["lead"]}</a>。' in shown
    assert "另有记录。" in shown
    assert "证物 3 号&lt;b&gt;。" in shown
    assert hidden.number not in shown
    assert f"lead:{hidden.pk}" not in shown


def test_a_settled_question_is_changed_from_the_words_it_rests_on_never_from_a_reference(
    cast: Cast, scene: dict[str, Any]
) -> None:
    client, lead = as_(cast.officer), scene["lead"]
    for source, offered in ((f"lead:{lead.pk}", None), ("证物 3 号", "证物 3 号")):
        settle_question(
            lead.questions.get(kind="extent"), "4 台", source_ref=source, reason="补正", actor=cast.officer, at=NOW
        )
        page = client.get(reverse("units:lead-question", args=[lead.pk, "extent"])).content.decode()
        box = re.search(r'<input[^>]*name="source_ref"[^>]*>', page)
        assert box is not None
        value = re.search(r'value="([^"]*)"', box[0])
        assert (value[1] if value else None) == offered


@pytest.mark.parametrize(
    "page", ["/units/", "/people/", "/addresses/", "/sightings/", "/sightings/lists/", "/leads/table/"]
)
def test_a_list_costs_the_same_whatever_its_length(cast: Cast, page: str, django_assert_max_num_queries: Any) -> None:
    circle = a_compartment(*cast.members())
    seen = a_list(circle)

    def more(count: int) -> None:
        for _ in range(count):
            unit = a_unit(leader=None)
            Person.objects.create(unit=unit, name="某某")
            octets = f"10.{unit.pk // 256 % 256}.{unit.pk % 256}"
            a_sighting(seen, f"{octets}.1", block=a_block(unit, f"{octets}.0/24"))
            a_list(circle)
        raise_leads(seen, actor=cast.campaign_officer, at=NOW)

    client = as_(cast.officer)
    costs = []
    for count in (2, 5):
        more(count)
        client.get(page)
        with django_assert_max_num_queries(40) as asked:
            assert client.get(page).status_code == 200
        costs.append(len(asked.captured_queries))
    assert costs[0] == costs[1]
