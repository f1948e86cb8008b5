"""What was written down without network is taken over once, whole, with photos that are those of the moment."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from casework.accounts.models import User
from casework.core import clock
from casework.ledger.models import Entry
from evidence.models import Capture, Collection, Item
from evidence.selectors.desk import acts_to_confirm
from tests.build import a_compartment
from tests.cast import Cast, make_cast

PHOTO = b"\xff\xd8\xff\xe0 a photo of the moment"


def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def scene(cast: Cast, **more: Any) -> dict[str, Any]:
    at = (clock.now() - timedelta(hours=2)).isoformat()
    return {
        "key": str(uuid4()), "compartment": a_compartment(*cast.members()).pk, "second": cast.second_officer.pk,
        "measure": "seizure", "place": "实验室北墙铁柜", "captured_at": at, "holder_name": "金某某",
        "witness_name": "后勤管理员", "recording_ref": "LX-1", "notes": "机器藏在铁柜后。",
        "checklist": [{"key": "power", "done": at}], "confirmed": [{"name": "承办人甲", "at": at}],
        "items": [
            {"key": "a", "kind": "physical", "title": "矿机 1 号", "found_at": at, "hidden_how": "藏在柜后",
             "device": {"device_kind": "rig", "serial": "SN-1"}},
            {"key": "b", "kind": "physical", "title": "硬盘", "found_at": at},
        ],
        "photos": [
            {"key": str(uuid4()), "item": "a", "order": 1, "sha256": hashlib.sha256(PHOTO).hexdigest(),
             "name": "../IMG_1.jpg", "taken_at": at},
        ],
        **more,
    }  # fmt: skip


def put(user: User, sent: dict[str, Any], content: bytes) -> Any:
    url = f"/api/v1/captures/{sent['key']}/photos/{sent['photos'][0]['key']}/"
    return api(user).put(url, content, content_type="application/octet-stream")


def test_a_capture_becomes_a_list_once(cast: Cast) -> None:
    sent = scene(cast)

    first = api(cast.officer).post("/api/v1/captures/", sent, format="json")
    second = api(cast.officer).post("/api/v1/captures/", sent, format="json")

    assert (first.status_code, second.status_code) == (200, 200), first.data
    assert first.data["number"] == second.data["number"]
    assert [photo["received"] for photo in first.data["photos"]] == [False]
    collection = Collection.objects.get()
    assert list(collection.items.order_by("position").values_list("title", flat=True)) == ["矿机 1 号", "硬盘"]
    rig = Item.objects.get(title="矿机 1 号")
    assert (rig.device.serial, rig.hidden_how, rig.holder) == ("SN-1", "藏在柜后", cast.officer)
    assert [row.act for row in rig.chain.all()] == ["found", "collected"]
    assert rig.chain.get(act="collected").at == collection.began_at
    assert acts_to_confirm(cast.second_officer).count() == 4  # his own word is still needed
    entry = Entry.objects.get(kind="collection.captured")
    assert sent["photos"][0]["sha256"] in entry.payload["data"]["photos"][0]

    changed = api(cast.officer).post("/api/v1/captures/", {**sent, "place": "别处"}, format="json")
    assert (changed.status_code, Capture.objects.count()) == (409, 1)


def test_photos_are_those_of_the_moment(cast: Cast) -> None:
    sent = scene(cast)
    api(cast.officer).post("/api/v1/captures/", sent, format="json")

    refused = put(cast.officer, sent, PHOTO + b"!")
    assert (refused.status_code, "摘要不符" in refused.data["message"]) == (409, True)
    assert put(cast.officer, sent, b"").status_code == 400
    for user in (cast.second_officer, cast.auditor, cast.outsider):
        assert put(user, sent, PHOTO).status_code == (403 if user == cast.auditor else 404)
    assert put(cast.officer, sent, PHOTO).data["received"]
    assert put(cast.officer, sent, PHOTO).data["received"]

    file = Item.objects.get(title="矿机 1 号").files.get()
    assert (file.name, file.note, file.blob.sha256) == ("IMG_1.jpg", "现场第 1 张", sent["photos"][0]["sha256"])


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"items": []}, 400),
        ({"captured_at": "2999-01-01T00:00:00Z"}, 400),
        ({"recording_ref": ""}, 409),
        ({"compartment": 0}, 400),
        ({"photos": [{"key": str(uuid4()), "item": "?", "order": 1, "sha256": "0" * 64, "name": "a", "taken_at": "2021-01-01T00:00:00Z"}]}, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_leaves_nothing(cast: Cast, more: dict[str, Any], status: int) -> None:
    answer = api(cast.officer).post("/api/v1/captures/", scene(cast, **more), format="json")

    assert answer.status_code == status, answer.data
    assert (Collection.objects.count(), Item.objects.count(), Capture.objects.count()) == (0, 0, 0)
    assert api(cast.auditor).post("/api/v1/captures/", scene(cast), format="json").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_sent_four_times_at_once() -> None:
    cast = make_cast()
    sent = scene(cast)

    def send(_turn: int) -> Any:
        try:
            return api(cast.officer).post("/api/v1/captures/", sent, format="json")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))

    assert {answer.status_code for answer in answers} == {200}
    assert Collection.objects.count() == Capture.objects.count() == 1
    assert Item.objects.count() == 2


def test_the_page_tells_nothing_of_anybody(cast: Cast) -> None:
    """It lies in the device's cache, so it is the same for everybody; what is personal comes apart and is encrypted."""
    pages = []
    for user in (cast.officer, cast.inspector):
        client = Client()
        client.force_login(user, backend="casework.accounts.backends.AccountBackend")
        pages.append(client.get(reverse("evidence:capture")).content.decode())
        assert client.get(reverse("evidence:capture-worker")).headers["Content-Type"].startswith("text/javascript")
        given = client.get(reverse("evidence:capture-prepared"))
        assert given.json()["user"]["name"] == user.name
        assert given.headers["Cache-Control"] == "no-store"

    assert pages[0] == pages[1]
    assert "csrf" not in pages[0].lower()
    client = Client()
    client.force_login(cast.unit_leader, backend="casework.accounts.backends.AccountBackend")
    assert client.get(reverse("evidence:capture")).status_code in (403, 404)
    assert client.get(reverse("evidence:capture-prepared")).status_code in (403, 404)
