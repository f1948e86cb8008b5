"""Evidence over HTTP: the same acts, rules and circle of readers as the pages."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from casework.accounts.models import User
from casework.ledger.models import Entry
from evidence.enums import State
from evidence.models import CheckOut, Item
from tests.build import a_compartment
from tests.build_evidence import a_seal_number, a_sealed_item, a_stored_item, an_item
from tests.cast import Cast


def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def act(user: User, item: Item, name: str, **data: Any) -> Any:
    item.refresh_from_db()
    return api(user).post(f"/api/v1/items/{item.pk}/{name}/", data, format="json", HTTP_IF_MATCH=f'"v{item.version}"')


def test_the_way_of_an_item(cast: Cast) -> None:
    compartment = a_compartment(*cast.members())
    head = {
        "compartment": compartment.pk, "place": "机房", "second": cast.second_officer.pk, "holder_name": "金某某",
        "witness_name": "后勤管理员", "recording_ref": "LX-1",
    }  # fmt: skip

    opened = api(cast.officer).post("/api/v1/collections/", head, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    again = api(cast.officer).post("/api/v1/collections/", head, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert (opened.status_code, again.status_code) == (201, 201)
    assert opened.data["id"] == again.data["id"]
    line = {
        "kind": "physical",
        "title": "矿机 1 号",
        "device": {"device_kind": "rig"},
        "second": cast.second_officer.pk,
    }
    taken = api(cast.officer).post(f"/api/v1/collections/{opened.data['id']}/items/", line, format="json")
    item = Item.objects.get(pk=taken.data["id"])
    number = a_seal_number()
    assert act(cast.officer, item, "seal", number=number, second=cast.second_officer.pk).status_code == 200
    assert act(cast.officer, item, "offer", receiver=cast.custodian.pk).status_code == 200
    stored = act(cast.custodian, item, "accept", seal=number, place="B 库 04-12")
    assert (stored.status_code, stored.data["state"]) == (200, "deposited")
    assert act(cast.officer, item, "request", purpose="送鉴定", due_on="2099-01-01").status_code == 200
    row = CheckOut.objects.get()
    assert api(cast.approver).post(f"/api/v1/check-outs/{row.pk}/approve/", {}, format="json").status_code == 200
    assert act(cast.custodian, item, "hand-out").status_code == 200
    assert act(cast.officer, item, "accept", seal=number).data["state"] == "checked_out"
    assert (
        act(cast.officer, item, "unseal", number=number, reason="鉴定", second=cast.second_officer.pk).status_code
        == 200
    )
    assert (
        act(cast.officer, item, "examine", method="只读镜像", document="委托 1 号", second=cast.second_officer.pk).data[
            "state"
        ]
        == "examined"
    )
    assert act(cast.officer, item, "reseal", number=a_seal_number(), second=cast.second_officer.pk).status_code == 200
    assert act(cast.officer, item, "return").status_code == 200
    back = act(cast.custodian, item, "accept", seal=item.seals.get(broken_at=None).number)
    assert (back.data["state"], back.data["place"]) == ("deposited", "B 库 04-12")
    assert act(cast.officer, item, "propose", outcome="returned", document="1 号", reason="无关").status_code == 200
    disposal = item.disposals.get()
    too_early = api(cast.approver).post(f"/api/v1/disposals/{disposal.pk}/approve/", {}, format="json")
    assert too_early.status_code == 409
    assert act(cast.officer, item, "confirm", link=1).status_code == 409
    assert act(cast.second_officer, item, "confirm", link=99).status_code == 400
    for link in item.chain.filter(second=cast.second_officer).values_list("seq", flat=True):
        assert act(cast.second_officer, item, "confirm", link=link).status_code == 200
    assert act(cast.officer, item, "hold", reason="另案需要").status_code == 200
    assert act(cast.approver, item, "lift", reason="另案已结").status_code == 200
    assert act(cast.approver, item, "lift", reason="另案已结").status_code == 409
    assert act(cast.officer, item, "unrelated", reason="单位的打印机").status_code == 200
    assert api(cast.approver).post(f"/api/v1/disposals/{disposal.pk}/approve/", {}, format="json").status_code == 200
    detail = api(cast.custodian).get(f"/api/v1/items/{item.pk}/")
    assert detail.data["actions"][0]["act"] == "dispose"


def test_keeper_gets_no_content(cast: Cast) -> None:
    item = a_stored_item(cast)

    assert api(cast.custodian).get(f"/api/v1/items/{item.pk}/").data["content"] is None
    assert api(cast.officer).get(f"/api/v1/items/{item.pk}/").data["content"] is not None
    assert api(cast.custodian).post(f"/api/v1/items/{item.pk}/links/", {}, format="json").status_code == 404


@pytest.mark.parametrize(
    ("name", "status"),
    [("officer", 200), ("auditor", 200), ("outsider", 404), ("unit_leader", 404), ("system_admin", 404)],
)
def test_who_reads(cast: Cast, name: str, status: int) -> None:
    item = an_item(cast)
    client = api(cast.everyone()[name])

    listed = client.get("/api/v1/items/")

    assert client.get(f"/api/v1/items/{item.pk}/").status_code == status
    assert [row["id"] for row in listed.data["results"]] == ([item.pk] if status == 200 else [])


def test_auditor_changes_nothing(cast: Cast) -> None:
    item = an_item(cast)

    refused = act(cast.auditor, item, "seal", number=a_seal_number(), second=cast.second_officer.pk)

    assert (refused.status_code, refused.data["code"]) == (403, "not_allowed")
    item.refresh_from_db()
    assert item.state == State.COLLECTED


def test_a_write_needs_the_present_version(cast: Cast) -> None:
    item = an_item(cast)
    url = f"/api/v1/items/{item.pk}/offer/"

    without = api(cast.officer).post(url, {"receiver": cast.custodian.pk}, format="json")
    stale = api(cast.officer).post(url, {"receiver": cast.custodian.pk}, format="json", HTTP_IF_MATCH='"v0"')

    assert (without.status_code, stale.status_code) == (428, 412)
    assert not item.offers.exists()


def test_a_blocked_act_lists_all_that_is_missing(cast: Cast) -> None:
    item = a_sealed_item(cast)

    refused = act(cast.second_officer, item, "examine", method="镜像", document="1 号", second=cast.officer.pk)

    assert refused.data["code"] == "not_ready"
    said = [one["text"] for one in refused.data["details"]["missing"]]
    assert len(said) == 2
    assert "还没有启封" in said[1]


def test_upload_and_download(cast: Cast) -> None:
    item = an_item(cast)
    url = f"/api/v1/items/{item.pk}/files/"

    up = api(cast.officer).post(url, {"file": SimpleUploadedFile("日志.txt", b"line")}, format="multipart")
    same = api(cast.officer).post(url, {"file": SimpleUploadedFile("另名.txt", b"line")}, format="multipart")
    down = api(cast.auditor).get(f"{url}{up.data['id']}/")

    assert up.status_code == 201
    assert (same.status_code, same.data["code"]) == (409, "same_file")
    assert b"".join(down.streaming_content) == b"line"
    assert Entry.objects.filter(kind="item.downloaded", actor_id=cast.auditor.pk).count() == 1


def test_events_and_links_of_a_log(cast: Cast) -> None:
    item = an_item(cast)
    base = f"/api/v1/items/{item.pk}"

    event = api(cast.officer).post(
        f"{base}/events/",
        {
            "kind": "登录",
            "text": "root 从 10.1.2.3 登录",
            "happened_at": "2021-09-06T23:11:02+08:00",
            "raw": "Accepted",
        },
        format="json",
    )
    link = api(cast.officer).post(
        f"{base}/links/",
        {"person": "黄某某", "relation": "登录地址为其办公电脑", "strength": "medium", "event": event.data["id"]},
        format="json",
    )

    assert (event.status_code, link.status_code) == (201, 201)
    content = api(cast.officer).get(f"{base}/").data["content"]
    assert content["links"][0]["person"] == "黄某某"
    timeless = api(cast.officer).post(f"{base}/events/", {"kind": "登录", "text": "登录"}, format="json")
    assert timeless.status_code == 400
