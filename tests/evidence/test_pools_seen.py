"""What the catalogue of pools says of sightings and leads, and signs that are put to a question: beside it, never its answer."""

from datetime import date
from pathlib import Path

import pytest
from django.urls import reverse

from casework.imports.services import apply_run, read_file
from casework.ledger.models import Entry
from evidence.models import PoolPlace
from evidence.seeds import seed_pools
from tests.build import a_compartment
from tests.build_attributions import LATER, read_log
from tests.build_evidence import a_collection, an_item
from tests.build_units import a_lead, a_list, a_sighting, a_unit
from tests.cast import Cast
from tests.parsing.test_product import client_of
from units.models import Question, QuestionEvidence, Sighting
from units.selectors.far_ends import far_ends_of_rows, pools_of_lead, spoke_to_pools

pytestmark = pytest.mark.django_db
QUERY = "05-Sep-2021 23:10:11.123 client 10.20.8.31#5353 (eth.f2pool.com): query: eth.f2pool.com IN A + (10.0.0.1)\n"


@pytest.fixture
def places() -> None:
    for name, coin, place, port, since, until in (
        ("甲池", "ETH", "pool.example", 8008, None, None),
        ("甲池", "ETC", "pool.example", 8009, None, None),
        ("乙池", "", "203.0.113.24", None, date(2021, 1, 1), date(2021, 6, 30)),
        ("丙池", "XMR", "asia.pool.example", None, None, None),
    ):
        PoolPlace.objects.create(
            pool=name, coin=coin, place=place, port=port, valid_from=since, valid_to=until, kind="domain", source="通报"
        )


#: Far end and day → pool and coin, whether the day lies outside the pool's; None where the catalogue knows none.
SEEN: tuple[tuple[str, int | None, str, tuple[str, str] | None, bool], ...] = (
    ("pool.example", 8008, "2021-07-29 23:41", ("甲池", "ETH"), False),
    ("EU1.Pool.Example", 8009, "2021-07-29 23:41", ("甲池", "ETC"), False),
    ("asia.pool.example", 8008, "2021-07-29 23:41", ("丙池", "XMR"), False),  # the more exact place
    ("pool.example", 443, "2021-07-29 23:41", None, False),
    ("notpool.example", 8008, "2021-07-29 23:41", None, False),
    ("203.0.113.24", 3333, "2021-06-30 23:59", ("乙池", ""), False),  # the last day, as it was here
    ("203.0.113.24", 3333, "2021-07-01 00:00", ("乙池", ""), True),
    ("203.0.113.240", 3333, "2021-06-01 00:00", None, False),
    ("", None, "2021-06-01 00:00", None, False),
)


def test_a_sighting_is_known_by_place_port_and_day(cast: Cast, places: None, django_assert_num_queries: object) -> None:
    seen = a_list(a_compartment(*cast.members()))
    rows = {
        a_sighting(seen, f"10.9.0.{number}", at=at, remote_host=host, remote_port=port): (expected, lapsed)
        for number, (host, port, at, expected, lapsed) in enumerate(SEEN, 1)
    }

    with django_assert_num_queries(1):  # type: ignore[operator]
        found = far_ends_of_rows(rows)

    for row, (expected, lapsed) in rows.items():
        known = found.get(row.pk)
        assert ((known.name, known.coin) if known else None) == expected, row.remote_host
        assert (known.lapsed if known else False) is lapsed
    known_pks = {row.pk for row, (expected, lapsed) in rows.items() if expected and not lapsed}
    assert set(Sighting.objects.filter(spoke_to_pools()).values_list("pk", flat=True)) == known_pks
    page = client_of(cast.officer).get("/sightings/?pool=1")
    assert page.content.decode().count("甲池") == 2
    assert "203.0.113.240" not in page.content.decode()
    assert "203.0.113.240" in client_of(cast.auditor).get("/sightings/?pool=0").content.decode()
    (outside,) = [row for row, (_expected, lapsed) in rows.items() if lapsed]
    text = client_of(cast.auditor).get(f"/sightings/{outside.pk}/").content.decode()
    for said in ("不在矿池有效期内", "乙池", "2021年1月1日—2021年6月30日", "不算与矿池通信"):
        assert said in text, said


def test_a_later_list_and_a_changed_catalogue_are_known_at_once(cast: Cast, tmp_path: Path) -> None:
    circle = a_compartment(*cast.members())
    unit = a_unit()
    lead, bystander = a_lead(unit, circle), a_lead(a_unit(), circle)
    first = a_sighting(a_list(circle), "10.9.1.1", remote_host="eu1.pool.example", remote_port=8008, lead=lead)
    page = reverse("units:lead", args=[lead.pk])
    assert pools_of_lead(lead) == []
    assert "目录里没有这个远端" in client_of(cast.officer).get(f"/sightings/{first.pk}/").content.decode()

    path = tmp_path / "pools.csv"
    path.write_text(
        "矿池,币种,域名或地址,端口,启用日期,停用日期,来源\n甲池,ETH,pool.example,,,,通报\n", encoding="utf-8"
    )
    apply_run(read_file(path, "pools", actor=cast.officer, at=LATER), actor=cast.officer, at=LATER)
    a_sighting(
        a_list(circle, sensor="另一处"), "10.9.1.1", at="2021-08-30 01:00", remote_host="pool.example", lead=lead
    )

    (spoken,) = pools_of_lead(lead)
    assert (spoken.known.words, spoken.times, spoken.hosts) == ("甲池 ETH", 2, ["eu1.pool.example", "pool.example"])
    assert (spoken.first, spoken.last) == (date(2021, 7, 29), date(2021, 8, 30))
    assert pools_of_lead(bystander) == []
    for user in (cast.officer, cast.auditor):
        assert "甲池 ETH" in client_of(user).get(page).content.decode()
        assert "甲池 ETH" in client_of(user).get(f"/sightings/{first.pk}/").content.decode()
    assert client_of(cast.outsider).get(f"/sightings/{first.pk}/").status_code == 404
    asked = client_of(cast.officer).get(reverse("units:lead-question", args=[lead.pk, "nature"])).content.decode()
    assert "监测记录的远端在矿池目录里：甲池 ETH 2 次。" in asked  # ready to be put on record
    assert "只是迹象，不回答主动、被动还是科研" in asked
    assert (
        "甲池"
        not in client_of(cast.officer).get(reverse("units:lead-question", args=[lead.pk, "people"])).content.decode()
    )
    assert not QuestionEvidence.objects.exists()
    assert not Question.objects.exclude(answer="").exists()

    PoolPlace.objects.update(valid_to=date(2021, 8, 1))  # the pool is known to have ended
    assert [(one.times, one.last, one.outside) for one in pools_of_lead(lead)] == [(1, date(2021, 7, 29), 1)]
    asked = client_of(cast.officer).get(reverse("units:lead-question", args=[lead.pk, "nature"])).content.decode()
    assert "另有 1 次不在有效期内，没有计入" in asked
    PoolPlace.objects.update(valid_to=date(2021, 7, 1))
    assert pools_of_lead(lead) == []  # an end that was no pool's any more is nothing to put on record


def test_signs_of_an_item_are_put_to_the_question_and_do_not_answer_it(cast: Cast) -> None:
    seed_pools()
    item = an_item(cast, collection=a_collection(cast, unit=a_unit()))
    read_log(item, cast, "query.log", QUERY.encode())
    lead = a_lead(item.collection.unit, item.compartment)
    elsewhere = a_lead(a_unit(), item.compartment)
    address = reverse("evidence:item-mining", args=[item.pk])
    given = {"lead": str(lead.pk), "candidate": "active", "stance": "for", "text": "证物里有矿池的域名查询"}
    page = client_of(cast.officer).get(address).content.decode()
    assert lead.number in page
    assert elsewhere.number not in page
    assert "乙：目录内的矿池地址 1 条" in page

    for user, status in ((cast.auditor, 403), (cast.hearing_officer, 403), (cast.outsider, 404)):
        assert client_of(user).post(address, given).status_code == status, user
        assert not QuestionEvidence.objects.exists()
    client = client_of(cast.officer)
    for wrong in ({"lead": str(elsewhere.pk)}, {"candidate": "guilty"}, {"stance": ""}, {"text": " "}):
        assert client.post(address, {**given, **wrong}).status_code == 422, wrong
    assert not QuestionEvidence.objects.exists()

    assert client.post(address, given).status_code == 302

    row = QuestionEvidence.objects.get()
    assert (row.question.lead, row.question.kind, row.candidate, row.ref) == (
        lead,
        "nature",
        "active",
        f"item:{item.pk}",
    )
    assert set(Question.objects.filter(lead__in=[lead, elsewhere]).values_list("answer", flat=True)) == {""}
    lead.refresh_from_db()
    assert lead.classification == ""
    (entry,) = Entry.objects.filter(kind="lead.evidence_added")
    assert (entry.ref, entry.payload["data"]["of"]) == (f"lead:{lead.pk}", f"item:{item.pk}")
