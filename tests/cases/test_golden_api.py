"""The published outcomes over the API: drafted, decided, served, announced, carried out; and the gain of Jin."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from cases.enums_penalties import PenaltyState
from cases.models import Penalty
from casework.core import clock
from tests.build_penalties import a_case, a_penalty, a_suspect
from tests.cases.test_penalties import OUTCOMES
from tests.cast import Cast

URL = "/api/v1/penalties/"


def client(user: Any) -> APIClient:
    found = APIClient()
    found.force_authenticate(user)
    return found


def spec(one: Any) -> dict[str, Any]:
    return {"code": one.code, **({"quantity": one.quantity, "unit": one.unit} if one.quantity else {})}


@pytest.mark.parametrize("name", list(OUTCOMES))
def test_a_published_outcome_by_requests(cast: Cast, name: str) -> None:
    standing, specs, words, form = OUTCOMES[name]
    case = a_case(cast)
    suspect, bystander = a_suspect(case, name, **standing), a_penalty(cast, a_suspect(a_case(cast), "旁人某"))
    officer, leader, day = client(cast.officer), client(cast.approver), str(clock.today())
    made = officer.post(URL, {
        "suspect": suspect.pk, "measures": [spec(one) for one in specs], "grounds": "用单位电脑挖矿", "evidence": "日志",
        "acts_from": "2021-03-01", "acts_until": "2021-08-31",
        "findings": [{"code": "CN_USE_PUBLIC_PROPERTY_FOR_PROFIT"}],
    })  # fmt: skip
    assert made.status_code == 201, made.data
    url = f"{URL}{made.data['id']}/"

    def go(api: APIClient, step: str, **data: Any) -> Any:
        version = Penalty.objects.get(pk=made.data["id"]).version
        answer = api.post(f"{url}steps/{step}/", data, headers={"If-Match": str(version)})
        assert answer.status_code == 200, (step, answer.data)
        return answer.data

    second = cast.second_officer.pk
    go(officer, "inform", second_officer=second)
    data = go(officer, "deliberate", body="纪委常委会", held_on=day, members=5, votes_for=5)
    data = go(leader, "approve", digest=data["digest"])
    assert data["form"] == form
    assert data["laws"]["CDR"] == "CDR2018"
    assert data["laws"]["ASL"] == "ASL2020"
    assert go(officer, "issue", sealed=True)["number"].startswith("浙纪处〔")
    go(officer, "serve", served_on=day, receiver="本人", second_officer=second, receipt="1号")
    go(officer, "announce", announced_on=day, place="单位", second_officer=second)
    for task in go(officer, "execute")["tasks"]:
        done = officer.post(f"/api/v1/penalty-tasks/{task['id']}/done/", {"done_on": day, "proof": "回执"})
        assert done.status_code == 200, done.data
    data = go(officer, "finish")
    assert data["state"] == (PenaltyState.RUNNING if form == 2 else PenaltyState.EXECUTED)
    penalty = Penalty.objects.get(pk=made.data["id"])
    assert "、".join(row.words for row in penalty.measures.all()) == words
    if form == 2:
        until = clock.today().replace(year=clock.today().year + 1) - timedelta(days=1)
        assert data["period_until"] == str(until)
    assert Penalty.objects.get(pk=bystander.pk).state == PenaltyState.PROPOSED


def test_the_gain_of_jin_keeps_its_value_and_says_what_price_it_implies(cast: Cast) -> None:
    case, api = a_case(cast), client(cast.officer)
    jin = a_suspect(case, "金某某", employment="temporary", party_member=False)
    base = {"case": case.pk, "suspect": jin.pk, "label": "挖矿所得", "coin": "ETH", "price_source": "中国纪检监察报"}
    made = api.post("/api/v1/recoveries/", {
        **base, "quantity": "2.4", "value": "43000", "approximate": True, "priced_at": "2021-09-24T12:00:00+08:00",
    })  # fmt: skip
    assert made.status_code == 201, made.data
    assert (made.data["value"], made.data["basis"], made.data["price"]) == ("43000.00", "stated_value", None)
    assert made.data["implied_price"] == "17916.67"
    stated = api.post("/api/v1/recoveries/", {
        **base, "label": "吴某某所得", "quantity": "0.76", "price": "22560", "priced_at": "2021-09-08T12:00:00+08:00",
    })  # fmt: skip
    assert (stated.data["value"], stated.data["basis"], stated.data["implied_price"]) == (
        "17145.60",
        "stated_price",
        None,
    )
