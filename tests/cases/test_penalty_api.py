"""The API of penalties obeys the same rules as the pages."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from cases.enums_penalties import PenaltyState
from cases.models import Penalty, Recovery
from casework.core import clock
from tests.build_penalties import a_case, a_penalty, a_suspect
from tests.cast import Cast

URL = "/api/v1/penalties/"


def client(user: Any) -> APIClient:
    found = APIClient()
    found.force_authenticate(user)
    return found


def body(suspect: Any, **change: Any) -> dict[str, Any]:
    return {
        "suspect": suspect.pk, "measures": [{"code": "PD_WARNING"}], "grounds": "挖矿", "evidence": "笔录",
        "acts_from": "2021-03-01", "acts_until": "2021-08-31",
        "findings": [{"code": "CN_USE_PUBLIC_PROPERTY_FOR_PROFIT"}], **change,
    }  # fmt: skip


def test_drafting_once_for_the_same_key(cast: Cast) -> None:
    wu, api = a_suspect(a_case(cast)), client(cast.officer)
    first = api.post(URL, body(wu), headers={"Idempotency-Key": "k1"})
    again = api.post(URL, body(wu), headers={"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data["id"] == again.data["id"]
    assert [row["step"] for row in first.data["actions"]] == ["inform"]
    assert first["ETag"] == '"v1"'


def test_the_refusal_carries_the_article(cast: Cast) -> None:
    he = a_suspect(a_case(cast), "何某某", employment="dispatched", party_member=False)
    refused = client(cast.officer).post(URL, body(he))
    assert refused.status_code == 409
    assert refused.data["code"] == "unlawful"
    assert refused.data["details"]["article"] == "《中国共产党纪律处分条例》（2018年）第六条"
    assert not Penalty.objects.exists()


def test_a_suspect_of_another_circle_is_as_unknown_as_none(cast: Cast) -> None:
    wu = a_suspect(a_case(cast))
    for suspect in (wu.pk, 10**6):
        answer = client(cast.outsider).post(URL, {**body(wu), "suspect": suspect})
        assert answer.status_code == 400
        assert set(answer.data["details"]) == {"suspect"}


def test_the_whole_way_by_requests(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)), at=clock.now() - timedelta(hours=1))
    day = str(clock.today())
    officer, leader = client(cast.officer), client(cast.approver)
    second = cast.second_officer.pk

    def go(api: APIClient, name: str, **data: Any) -> Any:
        version = Penalty.objects.get(pk=penalty.pk).version
        answer = api.post(f"{URL}{penalty.pk}/steps/{name}/", data, headers={"If-Match": f'"v{version}"'})
        assert answer.status_code == 200, answer.data
        return answer.data

    go(officer, "inform", second_officer=second)
    data = go(officer, "deliberate", body="纪委常委会", held_on=day, members=5, votes_for=5)
    assert leader.post(f"{URL}{penalty.pk}/read/").status_code == 204
    assert go(leader, "approve", digest=data["digest"])["state"] == PenaltyState.APPROVED
    assert go(officer, "issue", sealed=True)["number"].startswith("浙纪处〔")
    go(officer, "serve", served_on=day, receiver="本人", second_officer=second, receipt="1号")
    go(officer, "announce", announced_on=day, place="支部", second_officer=second)
    data = go(officer, "execute")
    (task,) = data["tasks"]
    blocked = officer.post(f"{URL}{penalty.pk}/steps/finish/", {}, headers={"If-Match": str(data["version"])})
    assert (blocked.status_code, blocked.data["code"]) == (409, "not_ready")
    done = officer.post(f"/api/v1/penalty-tasks/{task['id']}/done/", {"done_on": day, "proof": "回执"})
    assert done.status_code == 200
    assert go(officer, "finish")["state"] == PenaltyState.RUNNING


def test_a_write_needs_the_version_it_was_made_from(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    api, url = client(cast.officer), f"{URL}{penalty.pk}/"
    given = {key: value for key, value in body(penalty.suspect, grounds="改").items() if key != "suspect"}
    assert api.put(url, given).status_code == 428
    assert api.put(url, given, headers={"If-Match": "7"}).status_code == 412
    assert api.put(url, given, headers={"If-Match": "1"}).data["draft"] == 2


@pytest.mark.parametrize("step", ["jump", "approve"])
def test_steps_that_are_none_or_not_his(cast: Cast, step: str) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    answer = client(cast.officer).post(
        f"{URL}{penalty.pk}/steps/{step}/", {"digest": penalty.digest}, headers={"If-Match": "1"}
    )
    assert answer.status_code == (400 if step == "jump" else 409)


def test_the_range_names_every_row_and_why(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    rows = client(cast.officer).get(f"{URL}{penalty.pk}/range/").data
    assert len(rows) == 71
    assert {row["code"] for row in rows if row["state"] == "fit"} == {"PD_WARNING", "PD_SERIOUS_WARNING"}


def test_gains_and_payments(cast: Cast) -> None:
    case, api = a_case(cast), client(cast.officer)
    gain = {
        "case": case.pk, "label": "挖矿所得", "coin": "ETH", "quantity": "0.76", "price": "22560",
        "priced_at": "2021-09-08T12:00:00+08:00", "price_source": "中国纪检监察报",
    }  # fmt: skip
    made = api.post("/api/v1/recoveries/", gain)
    assert (made.status_code, made.data["value"]) == (201, "17145.60")
    wrong = api.post("/api/v1/recoveries/", {**gain, "coin": "某某币"})
    assert (wrong.status_code, set(wrong.data["details"])) == (400, {"coin"})
    url = f"/api/v1/recoveries/{made.data['id']}/payments/"
    payment = {"amount": "17145.60", "paid_on": str(clock.today()), "receipt": "票据1号"}
    assert api.post(url, payment).status_code == 201
    assert api.post(url, {**payment, "receipt": "票据2号"}).status_code == 400
    assert Recovery.objects.get().remainder == 0


@pytest.mark.parametrize("url", [URL, "/api/v1/penalty-tasks/", "/api/v1/recoveries/"])
def test_who_sees_rows(cast: Cast, url: str) -> None:
    a_penalty(cast, a_suspect(a_case(cast)))
    for name, user in cast.everyone().items():
        answer = client(user).get(url)
        assert answer.status_code == 200, name
        if url == URL:
            knows = name in {"officer", "second_officer", "hearing_officer", "approver", "auditor"}
            assert bool(answer.data["results"]) is knows, name


def test_filters(cast: Cast) -> None:
    penalty = a_penalty(cast, a_suspect(a_case(cast)))
    api = client(cast.officer)
    for query, found in (("state=proposed", 1), ("state=issued", 0), ("measure=PD_WARNING", 1), ("form=1", 0)):
        assert len(api.get(f"{URL}?{query}").data["results"]) == found, query
    assert api.get(f"{URL}?case={penalty.suspect.case_id}").data["results"][0]["id"] == penalty.pk
