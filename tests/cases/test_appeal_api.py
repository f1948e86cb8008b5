"""Appeals over the API: the acts of the pages, the same rules."""

from typing import Any

from rest_framework.test import APIClient

from cases.enums_penalties import AppealState
from cases.ladder import MeasureSpec
from cases.models import Appeal
from tests.build_penalties import a_case, a_penalty, a_suspect, walk
from tests.cases.test_appeals import OFFICIAL, a_leader, reviewers
from tests.cast import Cast

URL = "/api/v1/appeals/"


def client(user: Any) -> APIClient:
    found = APIClient()
    found.force_authenticate(user)
    return found


def test_an_appeal_is_lodged_accepted_and_amends_by_requests(cast: Cast, settings: Any) -> None:
    settings.CASEWORK_NOW = "2021-11-08 09:00"
    huang = a_suspect(a_case(cast), "黄某某", **OFFICIAL)
    penalty = walk(cast, a_penalty(cast, huang, MeasureSpec("GS_DEMERIT")), "finish")
    body = {"penalty": penalty.pk, "kind": "review", "received_on": "2021-11-05", "request": "处理过重"}
    assert client(cast.auditor).post(URL, body).status_code in {400, 403}
    assert set(client(cast.outsider).post(URL, body).data["details"]) == {"penalty"}
    assert not Appeal.objects.exists()
    lodged = client(cast.officer).post(URL, body)
    assert (lodged.status_code, lodged.data["state"]) == (201, "lodged")
    address = f"{URL}{lodged.data['id']}/"
    assert client(cast.outsider).get(address).status_code == 404
    assert client(cast.auditor).get(address).data["request"] == "处理过重"
    leader = a_leader(penalty.suspect.case.compartment)
    first, second = reviewers()
    handlers = {"handler": first.pk, "second_handler": second.pk}
    assert client(leader).post(f"{address}accept/", handlers).status_code == 428
    refused = client(leader).post(
        f"{address}accept/", {**handlers, "handler": cast.officer.pk}, headers={"If-Match": "1"}
    )
    assert (refused.status_code, Appeal.objects.get().state) == (403, AppealState.LODGED)
    accepted = client(leader).post(f"{address}accept/", handlers, headers={"If-Match": "1"})
    assert (accepted.status_code, accepted.data["handled_by"]) == (200, first.pk)
    verdict = {"outcome": "amended", "reason": "情节较轻", "document": "浙纪复〔2021〕1号"}
    heavier = client(leader).post(
        f"{address}decide/", {**verdict, "measures": [{"code": "GS_DEMERIT"}]}, headers={"If-Match": accepted["ETag"]}
    )
    assert (heavier.status_code, heavier.data["code"]) == (409, "aggravated")
    decided = client(leader).post(
        f"{address}decide/", {**verdict, "measures": [{"code": "GS_WARNING"}]}, headers={"If-Match": accepted["ETag"]}
    )
    assert (decided.status_code, decided.data["state"]) == (200, "amended")
    assert [row.code for row in penalty.measures.all()] == ["GS_WARNING"]
