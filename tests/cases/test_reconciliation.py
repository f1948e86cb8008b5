"""Reconciliation over a campaign: three ways that agree, numbers that open their rows, files, and what nobody may see."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import Case, Recovery, Suspect
from cases.selectors.reconciliation import BY, dues, groups, lines, total
from cases.services.recovery import register_gain, register_payment
from casework.ledger.models import Entry
from tests.build import moment
from tests.build_campaigns import a_campaign
from tests.build_penalties import DRAFTED, a_case, a_suspect
from tests.build_units import a_lead
from tests.cases.test_penalty_pages import browse, text
from tests.cast import Cast
from units.models import Campaign

PAGE, DAY = "/penalties/recoveries/reconciliation/", date(2021, 12, 16)
SEEN = {"priced_at": moment("2021-09-08 12:00"), "price_source": "中国纪检监察报"}


def _in(campaign: Campaign, case: Case) -> Case:
    case.lead = a_lead(case.unit, campaign.compartment, campaign=campaign)
    case.save(update_fields=["lead"])
    return case


@pytest.fixture
def campaign(cast: Cast) -> Campaign:
    """Two cases of a campaign, one of none: coin at two prices, yuan, a payment, something late."""
    found = a_campaign(cast.campaign_officer, cast.officer, cast.approver)
    first, second = _in(found, a_case(cast)), _in(found, a_case(cast))
    wu, yu = a_suspect(first, "吴某某"), a_suspect(first, "虞某")
    jin = a_suspect(second, "金某某")
    gain(cast, first, suspect=wu, coin="ETH", quantity=Decimal("0.76"), price=Decimal(22560), due_on=date(2021, 12, 1))
    paid = gain(cast, first, suspect=yu, coin="ETH", quantity=Decimal("0.03"), price=Decimal(22560))
    gain(cast, second, suspect=jin, coin="ETH", quantity=Decimal("2.4"), value=Decimal(43000), approximate=True)
    gain(cast, second, value=Decimal(15000), coin="", priced_at=None, price_source="")
    gain(cast, a_case(cast), value=Decimal(1), coin="", priced_at=None, price_source="")
    register_payment(
        paid, amount=Decimal("676.80"), paid_on=date(2021, 10, 10), receipt="收1号", actor=cast.officer,
        at=moment("2021-10-10 09:00"),
    )  # fmt: skip
    return found


def gain(cast: Cast, case: Case, **values: Any) -> Recovery:
    return register_gain(case, **{"label": "挖矿所得", "actor": cast.officer, "at": DRAFTED, **SEEN, **values})


def test_the_three_ways_agree_and_so_do_the_receipts(cast: Cast, campaign: Campaign) -> None:
    rows = dues(cast.officer, campaign)
    sums = total(rows, DAY)
    assert (sums.count, sums.value, sums.due, sums.paid) == (
        4, Decimal("75822.40"), Decimal("75822.40"), Decimal("676.80"),
    )  # fmt: skip
    assert (sums.rest, sums.late, sums.receipts_agree) == (Decimal("75145.60"), Decimal("17145.60"), True)
    for by in BY:
        found = lines(list(groups(rows, by, DAY)), by, {}, {"cny": "", "stated_price": "", "stated_value": ""})
        for name in ("count", "value", "due", "paid", "rest", "late"):
            assert sum(getattr(line, name) for line in found) == getattr(sums, name), (by, name)
    coins = {line.key: line.quantity for line in lines(
        list(groups(rows, "coin", DAY)), "coin", {}, {"cny": "", "stated_price": "", "stated_value": ""}
    )}  # fmt: skip
    assert coins == {"ETH:stated_price": Decimal("0.79"), "ETH:stated_value": Decimal("2.4"), ":cny": None}
    assert total(dues(cast.officer), DAY).count == 5


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=20, deadline=None
)
@given(
    sums=st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 9_999_999), st.integers(0, 100), st.booleans()), max_size=8
    )
)
def test_the_three_ways_always_agree(cast: Cast, sums: list[tuple[int, int, int, bool]]) -> None:
    case = a_case(cast)
    people: list[Suspect | None] = [None, a_suspect(case, "甲某某"), a_suspect(case, "乙某某")]
    Recovery.objects.bulk_create(
        Recovery(
            case=case, suspect=people[who], label="所得", basis="cny", value=Decimal(fen) / 100,
            amount_due=Decimal(fen) / 100, amount_paid=(Decimal(fen) * share / 10000).quantize(Decimal("0.01")),
            due_on=date(2021, 12, 1) if late else None, registered_by=cast.officer, at=DRAFTED,
        )
        for who, fen, share, late in sums
    )  # fmt: skip
    rows = dues(cast.officer).filter(case=case)
    whole = total(rows, DAY)
    for by in BY:
        found = list(groups(rows, by, DAY))
        assert sum(row["rows"] for row in found) == whole.count == len(sums)
        for name in ("due", "paid", "late"):
            assert sum((row[name] for row in found), Decimal(0)) == getattr(whole, name)


def _links(page: str) -> list[str]:
    return [
        part.split('"')[0].replace("&amp;", "&").replace("&#x27;", "'")
        for part in page.split('href="')
        if part.startswith("/penalties/recoveries/?")
    ]


@pytest.mark.parametrize("by", BY)
def test_every_number_opens_its_rows(cast: Cast, campaign: Campaign, by: str, settings: Any) -> None:
    settings.CASEWORK_NOW = "2021-12-16 09:00"
    client = browse(cast.officer)
    page = client.get(PAGE, {"by": by, "campaign": campaign.pk})
    assert page.status_code == 200
    rows = page.context["rows"]
    assert rows
    for line, _name, url, late_url, open_url in rows:
        assert client.get(url).context["query"].count == line.count, url
        if line.rest:
            found = client.get(open_url).context["query"].rows
            assert sum(row.rest for row in found) == line.rest
        if line.late:
            found = client.get(late_url).context["query"].rows
            assert sum(row.rest for row in found) == line.late
    assert len(_links(text(page))) >= 4 * len(rows)


def test_the_page_says_when_receipts_do_not_add_up(cast: Cast, campaign: Campaign) -> None:
    client = browse(cast.officer)
    assert "缴款凭证合计与已缴一致" in text(client.get(PAGE))
    Recovery.objects.filter(value=Decimal(15000)).update(amount_paid=Decimal(5))
    assert "凭证与已缴不一致" in text(client.get(PAGE))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_as_a_file_it_is_noted(cast: Cast, campaign: Campaign, kind: str) -> None:
    before = Entry.objects.filter(kind="list.exported").count()
    answer = browse(cast.officer).get(PAGE, {"by": "person", "campaign": campaign.pk, "export": kind})
    body = b"".join(answer.streaming_content)
    assert Entry.objects.filter(kind="list.exported").count() == before + 1
    if kind == "csv":
        table = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
        assert len(table) == 5
        assert {row[0] for row in table[1:]} == {"吴某某", "虞某", "金某某", "没有对应的人"}
        assert sum(Decimal(row[7]) for row in table[1:]) == Decimal("75145.60")
    else:
        assert body[:2] == b"PK"


def test_only_what_the_reader_may_know_of_is_added_up(cast: Cast, campaign: Campaign) -> None:
    page = browse(cast.outsider).get(PAGE)
    assert page.status_code == 200
    assert page.context["sums"].count == 0
    assert browse(cast.outsider).get(PAGE, {"campaign": campaign.pk}).status_code == 404
    for who in ("unit_leader", "liaison"):
        assert browse(getattr(cast, who)).get(PAGE).status_code in {403, 404}


@pytest.mark.parametrize("query", ["by=nothing", "campaign=x", "campaign=99999999999999999999"])
def test_addresses_that_are_none(cast: Cast, query: str) -> None:
    client: Client = browse(cast.officer)
    assert client.get(f"{PAGE}?{query}").status_code == 404


def test_the_same_over_the_api(cast: Cast, campaign: Campaign) -> None:
    client, url = browse(cast.officer), "/api/v1/recoveries/reconciliation/"
    found = client.get(url, {"by": "coin", "campaign": campaign.pk}).json()
    assert (found["count"], found["due"], found["receipts_agree"]) == (4, "75822.40", True)
    assert {line["key"] for line in found["lines"]} == {"ETH:stated_price", "ETH:stated_value", ":cny"}
    assert client.get(url, {"by": "moon"}).status_code == 400
    assert client.get(url, {"campaign": "0"}).status_code == 404
    assert browse(cast.outsider).get(url).json()["count"] == 0


def test_a_surcharge_over_the_api(cast: Cast) -> None:
    case, url = a_case(cast), "/api/v1/recoveries/surcharges/"
    body = {
        "case": case.pk, "unit": case.unit_id, "kwh": "3100.00", "metered_from": "2022-03-01",
        "metered_until": "2022-03-31", "used_from": "2021-05-01", "used_until": "2022-03-31",
    }  # fmt: skip
    client = browse(cast.officer)
    made = client.post(url, body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert (made.json()["value"], made.json()["kind"], made.json()["rate"]) == ("1550.00", "surcharge", "0.5000")
    early = client.post(url, {**body, "used_until": "2022-02-01"}, content_type="application/json")
    assert early.status_code == 409
    assert "起才有加价" in early.json()["message"]
    assert browse(cast.outsider).post(url, body, content_type="application/json").status_code in {400, 403, 404}
