"""The API of campaigns for the commission, and that of unit leaders beside it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from casework.access.services.people import issue_token
from casework.accounts.models import Token, User
from casework.core import clock
from tests.build import moment
from tests.build_campaigns import ZERO, Scene, a_leader, a_scene, a_terminal, a_unit, fill, submitted
from tests.cast import Cast
from units.models import Answer, Campaign, CampaignUnit, Report, SelfInspection
from units.services.rectification import order_rectification
from units.services.reviews import start_review

NOON = moment("2021-10-26 12:00")


@pytest.fixture(autouse=True)
def _demo_day(settings: Any) -> None:
    settings.CASEWORK_NOW = "2021-10-27"


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


class Api:
    """A program with a token of the user; the three administrators get none, so theirs come in by session."""

    def __init__(self, user: User) -> None:
        now = clock.now()
        if user.is_administrator:
            self.client = Client()
            self.client.force_login(user)
            return
        secret = issue_token(user, "测试", scope=Token.Scope.WRITE, expires_at=now + timedelta(days=1), at=now)
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def send(self, method: str, path: str, data: Any = None, version: int | None = None) -> Any:
        headers = {} if version is None else {"If-Match": f'"v{version}"'}
        return getattr(self.client, method)(
            f"/api/v1/{path}", json.dumps(data or {}), content_type="application/json", headers=headers
        )


STAGES = [
    {"code": "preparation", "name": "前期准备", "starts_on": "2021-07-01", "due_on": "2021-09-05"},
    {"code": "self_inspection", "name": "自查自纠", "starts_on": "2021-09-10", "due_on": "2021-11-29"},
]


def test_a_campaign_runs_over_the_api(cast: Cast) -> None:
    api = Api(cast.campaign_officer)
    unit = a_unit("丙单位")
    a_leader(unit)

    made = api.send("post", "campaigns/", {"code": "api", "name": "接口专项", "stages": STAGES})
    unknown = api.send("post", "campaigns/api/units/", {"units": ["X9"]})
    taken = api.send("post", "campaigns/api/units/", {"units": [unit.code]})
    issued = api.send("post", "campaigns/api/issue/", {"stage": "self_inspection", "due_on": "2021-11-29"})
    urged = api.send("post", "campaigns/api/urge/", {"stage": "self_inspection"})
    table = api.get("campaigns/api/matrix/").json()

    assert made.status_code == 201
    assert unknown.status_code == 400
    assert "登记册里没有单位 X9" in unknown.json()["message"]
    assert [taken.json(), issued.json(), urged.json()] == [{"count": 1}] * 3
    assert table["rows"][0]["unit"] == "丙单位"
    assert table["rows"][0]["cells"][1] == {"key": "issued", "word": "未签收", "number": "0/14"}
    assert table["outcomes"]["unexplained"] == 1


def test_opening_twice_with_the_same_key_makes_one_campaign(cast: Cast) -> None:
    api = Api(cast.campaign_officer)
    data = json.dumps({"code": "api", "name": "接口专项", "stages": STAGES})

    answers = [
        api.client.post("/api/v1/campaigns/", data, content_type="application/json", headers={"Idempotency-Key": "one"})
        for _time in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Campaign.objects.count() == 1


def test_a_review_goes_through_the_same_steps(cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    office, approver = Api(cast.campaign_officer), Api(cast.approver)
    path = f"self-inspections/{scene.inspection.pk}/"
    version = office.get(path).json()["version"]

    stale = office.send("post", f"{path}steps/", {"step": "start_review"}, version - 1)
    without = office.send("post", f"{path}steps/", {"step": "start_review"})
    started = office.send("post", f"{path}steps/", {"step": "start_review"}, version)
    verified = office.send("post", f"{path}steps/", {"step": "verify"}, started.json()["version"])
    own = office.send("post", f"{path}steps/", {"step": "accept"}, verified.json()["version"])
    accepted = approver.send("post", f"{path}steps/", {"step": "accept"}, verified.json()["version"])

    assert (stale.status_code, without.status_code) == (412, 428)
    assert {offer["step"] for offer in started.json()["actions"]} == {"return", "spot_check", "verify"}
    assert own.status_code == 409
    assert own.json()["code"] == "not_ready"
    assert own.json()["details"]["missing"][0]["text"].startswith("核验的人不能同时决定通过")
    assert accepted.json()["state"] == "accepted"
    scene.bystander.refresh_from_db()
    assert scene.bystander.state == "issued"


def test_a_return_over_the_api_needs_a_remark(cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    start_review(scene.inspection, actor=cast.campaign_officer, at=NOON)
    api = Api(cast.campaign_officer)
    path = f"self-inspections/{scene.inspection.pk}/"
    version = api.get(path).json()["version"]

    empty = api.send("post", f"{path}return/", {"remarks": {}}, version)
    done = api.send("post", f"{path}return/", {"remarks": {"rooms": "写明检查的人。"}}, version)

    assert empty.status_code == 400
    assert done.json()["state"] == "returned"


def test_an_outcome_is_set_from_the_version_read(cast: Cast, scene: Scene) -> None:
    api = Api(cast.campaign_officer)
    row = scene.inspection.campaign_unit_id
    path = f"campaign-units/{row}/"
    data = {"outcome": "passive", "basis_ref": scene.inspection.ref}

    done = api.send("post", f"{path}outcome/", data, 1)
    stale = api.send("post", f"{path}outcome/", data, 1)
    unexplained = api.get("campaign-units/", campaign=scene.campaign.code, outcome="none").json()

    assert done.json()["outcome"] == "passive"
    assert stale.status_code == 412
    assert [one["id"] for one in unexplained["results"]] == [scene.bystander.campaign_unit_id]
    assert CampaignUnit.objects.get(pk=scene.bystander.campaign_unit_id).outcome == ""


def test_a_leader_reports_over_the_api(cast: Cast, scene: Scene) -> None:
    api = Api(cast.unit_leader)
    path = f"portal/self-inspections/{scene.inspection.pk}/"

    assert api.send("post", f"{path}acknowledge/").json()["state"] == "acknowledged"
    for code, value in ZERO.items():
        saved = api.send("put", f"{path}answers/{code}/", {"value": str(value)}, 0)
        assert saved.status_code == 200, saved.json()
    address = {"ip": "198.51.100.7", "use": "出口", "found": "none"}
    assert api.send("post", f"{path}rows/addresses/", {"rows": [address]}).status_code == 201
    early = api.send("post", f"{path}submit/", {"signed_name": cast.unit_leader.name})
    wrong = api.send("post", f"{path}rows/terminals/", {"rows": [a_terminal(1), a_terminal(1)]})
    api.send("post", f"{path}rows/terminals/", {"rows": [a_terminal(1), a_terminal(2)]})
    file = SimpleUploadedFile("9月.txt", b"watch")
    assert api.client.post(f"/api/v1/{path}files/watch/", {"file": file}).status_code == 201
    done = api.send("post", f"{path}submit/", {"signed_name": cast.unit_leader.name})

    assert early.status_code == 409
    assert len(early.json()["details"]["missing"]) == 2
    assert wrong.status_code == 400
    assert "ZC-0001 在清单里已有一行" in wrong.json()["details"]["rows"]["2"]["asset_number"]
    assert done.json()["state"] == "submitted"
    assert Report.objects.get().inspection == scene.inspection


def test_an_older_answer_is_stale_with_both_values(cast: Cast, scene: Scene) -> None:
    api = Api(cast.unit_leader)
    path = f"portal/self-inspections/{scene.inspection.pk}/"
    api.send("post", f"{path}acknowledge/")

    api.send("put", f"{path}answers/rooms/", {"value": "一楼"}, 0)
    stale = api.send("put", f"{path}answers/rooms/", {"value": "二楼"}, 0)

    assert stale.status_code == 412
    assert stale.json()["details"]["theirs"] == "一楼"
    assert stale.json()["details"]["yours"] == "二楼"
    assert Answer.objects.get().value == "一楼"


def test_rows_are_changed_from_the_version_read(cast: Cast, scene: Scene) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)
    api = Api(cast.unit_leader)
    path = f"portal/self-inspections/{scene.inspection.pk}/rows/terminals/"
    first, second = api.get(path).json()["rows"]

    changed = api.send("put", f"{path}{first['id']}/", {**first, "place": "教务处"}, 1)
    stale = api.send("put", f"{path}{first['id']}/", {**first, "place": "图书馆"}, 1)
    gone = api.send("delete", f"{path}{second['id']}/")

    assert changed.json()["place"] == "教务处"
    assert stale.status_code == 412
    assert gone.status_code == 204
    assert [row["place"] for row in api.get(path).json()["rows"]] == ["教务处"]


def test_a_duty_is_reported_over_the_api(cast: Cast, scene: Scene) -> None:
    duty = order_rectification(
        scene.inspection.campaign_unit,
        title="加固口令",
        measures="改掉弱口令",
        due_on=moment("2021-11-08 00:00").date(),
        actor=cast.campaign_officer,
        at=NOON,
    )
    own, other, office = Api(cast.unit_leader), Api(cast.other_leader), Api(cast.campaign_officer)

    foreign = other.send("post", f"portal/rectifications/{duty.pk}/report/", {"done": "已改"})
    done = own.send("post", f"portal/rectifications/{duty.pk}/report/", {"done": "已改"})
    version = office.get(f"rectifications/{duty.pk}/").json()["version"]
    closed = office.send("post", f"rectifications/{duty.pk}/close/", {"checked": "复测无异常"}, version)

    assert foreign.status_code == 404
    assert done.json()["state"] == "reported"
    assert closed.json()["state"] == "closed"
    assert "checked" not in own.get(f"portal/rectifications/{duty.pk}/").json()


@pytest.mark.parametrize(
    ("who", "office", "portal"),
    [
        ("officer", 200, 404),
        ("campaign_officer", 200, 404),
        ("auditor", 200, 404),
        ("outsider", 404, 404),
        ("unit_leader", 404, 200),
        ("other_leader", 404, 404),
        ("liaison", 404, 404),
        ("system_admin", 404, 404),
        ("security_admin", 404, 404),
        ("audit_admin", 404, 404),
    ],
)
def test_who_reads_what_over_the_api(cast: Cast, scene: Scene, who: str, office: int, portal: int) -> None:
    api = Api(cast.everyone()[who])
    pk = scene.inspection.pk

    found = [
        api.get(f"campaigns/{scene.campaign.code}/").status_code,
        api.get(f"campaign-units/{scene.inspection.campaign_unit_id}/").status_code,
        api.get(f"self-inspections/{pk}/").status_code,
    ]

    assert found == [office] * 3
    assert api.get(f"portal/self-inspections/{pk}/").status_code == portal
    listed = [one["id"] for one in api.get("portal/self-inspections/").json()["results"]]
    assert listed == {"unit_leader": [pk], "other_leader": [scene.bystander.pk]}.get(who, [])


def test_a_read_token_changes_nothing(cast: Cast, scene: Scene) -> None:
    now = clock.now()
    secret = issue_token(cast.unit_leader, "只读", scope=Token.Scope.READ, expires_at=now + timedelta(days=1), at=now)
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    response = client.post(f"/api/v1/portal/self-inspections/{scene.inspection.pk}/acknowledge/")

    assert response.status_code == 403
    assert SelfInspection.objects.get(pk=scene.inspection.pk).acknowledged_at is None
