"""Pages of evidence as each reader sees them: what is shown, what is absent, what a form does."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from casework.ledger.models import Entry
from casework.ledger.refs import find
from evidence.enums import Kind, State
from evidence.models import Collection, Item, ItemFile
from evidence.services import add_file, approve_check_out, offer_item, request_check_out, verify_item
from tests.build import a_compartment, a_user
from tests.build_evidence import START, a_collection, a_seal_number, a_sealed_item, a_stored_item, an_item
from tests.cast import Cast


def client_of(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")  # type: ignore[arg-type]
    return client


MEMBERS = {"officer", "second_officer", "campaign_officer", "intake", "hearing_officer", "approver", "inspector"}


def test_item_page_as_everybody(cast: Cast) -> None:
    item = a_stored_item(cast, parts=2)

    for name, user in cast.everyone().items():
        response = client_of(user).get(reverse("evidence:item", args=[item.pk]))
        opens = name in {*MEMBERS, "auditor", "custodian"}
        assert response.status_code == (200 if opens else 404), name
        assert (item.number in response.content.decode()) == opens, name


def test_keeper_sees_the_label_and_not_the_content(cast: Cast) -> None:
    item = a_stored_item(cast)
    file = add_file(item, [b"pool log"], name="矿池日志.txt", actor=cast.officer, at=START + timedelta(hours=2))

    page = client_of(cast.custodian).get(reverse("evidence:item", args=[item.pk])).content.decode()
    taken = client_of(cast.custodian).get(reverse("evidence:file", args=[item.pk, file.pk]))

    assert item.title in page
    assert "实验室北墙铁柜" not in page.split("交接链")[0]
    assert "矿池日志.txt" not in page
    assert "谁看过" not in page
    assert taken.status_code == 404


@pytest.mark.parametrize("name", ["officer", "custodian", "auditor", "approver", "hearing_officer", "liaison"])
def test_lists_and_custody_open(cast: Cast, name: str) -> None:
    a_stored_item(cast)
    client = client_of(cast.everyone()[name])

    assert client.get(reverse("evidence:items")).status_code == 200
    assert client.get(reverse("evidence:custody")).status_code == 200
    assert client.get(reverse("evidence:scan")).status_code == 200
    assert client.get(reverse("evidence:collections")).status_code == 200


def test_list_shows_only_what_one_may_know(cast: Cast) -> None:
    mine = an_item(cast)
    other_officers = (a_user("承办人丁", *cast.officer.roles), cast.outsider)
    hidden = a_collection(cast, compartment=a_compartment(*other_officers), officers=(cast.officer, *other_officers))

    page = client_of(cast.officer).get(reverse("evidence:items")).content.decode()
    lists = client_of(cast.officer).get(reverse("evidence:collections")).content.decode()

    assert mine.number in page
    assert hidden.number not in lists


def test_the_exported_list_is_a_stock_book(cast: Cast) -> None:
    """A keeper who goes round the shelves with the file has number, seal, serial, shelf and the last count in it."""
    item = a_stored_item(cast, parts=1)
    device = item.parts.get().device
    seal = item.seals.get(broken_at=None).number
    verify_item(item, seal=seal, actor=cast.custodian, at=START + timedelta(days=9))
    ask = client_of(cast.custodian).get

    def filed(**query: str) -> str:
        answer = ask(reverse("evidence:items"), {"export": "csv", **query})
        return b"".join(answer.streaming_content).decode("utf-8-sig")

    book, parts = filed(sort="place"), filed(parts="1")

    rows = list(csv.DictReader(io.StringIO(book)))
    row = next(one for one in rows if one["证物编号"] == item.number)
    item.refresh_from_db()
    assert (row["证物"], row["封条号码"], row["存放位置"]) == (item.title, seal, item.place)
    assert row["上次盘点"].startswith("2021")
    assert device.serial in parts
    assert "封条号码" not in ask(reverse("evidence:items")).content.decode().split("<tbody")[0].split("<thead")[-1]


def test_from_an_empty_list_to_a_sealed_item(cast: Cast) -> None:
    compartment = a_compartment(*cast.members())
    client = client_of(cast.officer)
    data = {
        "compartment": compartment.pk,
        "measure": "seizure",
        "place": "机房",
        "second": cast.second_officer.pk,
        "holder_name": "金某某",
        "witness_name": "后勤管理员",
    }

    refused = client.post(reverse("evidence:new-collection"), data)
    assert refused.status_code == 409
    assert "没有写明全程录音录像的编号" in refused.content.decode()
    assert "机房" in refused.content.decode()
    opened = client.post(reverse("evidence:new-collection"), {**data, "recording_ref": "LX-1"})
    collection = Collection.objects.get()
    assert opened.headers["Location"] == reverse("evidence:collection", args=[collection.pk])
    assert client.get(opened.headers["Location"]).status_code == 200
    client.post(
        reverse("evidence:new-item", args=[collection.pk]),
        {
            "kind": Kind.PHYSICAL, "title": "矿机 1 号", "quantity": "1", "quantity_unit": "台",
            "second": cast.second_officer.pk, "device_kind": "rig",
        },
    )  # fmt: skip
    item = Item.objects.get()
    assert client.get(reverse("evidence:new-part", args=[item.pk])).status_code == 200
    client.post(
        reverse("evidence:new-part", args=[item.pk]),
        {"title": "显卡 1", "device_kind": "gpu", "second": cast.second_officer.pk},
    )
    number = a_seal_number()
    item.refresh_from_db()
    sealed = client.post(
        reverse("evidence:act", args=[item.pk, "seal"]),
        {"number": number, "second": cast.second_officer.pk, "version": item.version},
    )
    assert sealed.status_code == 302
    item.refresh_from_db()
    assert item.state == State.SEALED
    assert item.parts.get().state == State.SEALED
    closed = client.post(reverse("evidence:close-collection", args=[collection.pk]), {"holder_signature": "signed"})
    assert closed.status_code == 302
    for name in ("seizure-list", "labels", "collection"):
        assert client.get(reverse(f"evidence:{name}", args=[collection.pk])).status_code == 200
    label = client.get(reverse("evidence:label", args=[item.pk])).content.decode()
    assert label.count("<svg") > 1
    assert "style=" not in label


ACTS = (
    "seal", "reseal", "unseal", "offer", "accept", "refuse", "withdraw", "store", "request", "hand-out", "return",
    "examine", "detach", "rejoin", "verify", "discrepancy", "propose", "dispose", "archive", "loss", "unrelated",
    "hold", "lift", "event", "link",
)  # fmt: skip


def test_each_act_has_a_form_that_keeps_what_was_typed(cast: Cast) -> None:
    item = an_item(cast)
    client = client_of(cast.officer)

    for page in ACTS:
        url = reverse("evidence:act", args=[item.pk, page])
        drawn = client.get(url)
        sent = client.post(url, {"note": "写过的话", "reason": "写过的话", "version": item.version + 7})

        assert drawn.status_code == 200, page
        assert sent.status_code == 409, page
        item.refresh_from_db()
        assert item.chain.count() == 1, page


def test_stale_form_is_told_and_keeps_its_text(cast: Cast) -> None:
    item = an_item(cast)

    response = client_of(cast.officer).post(
        reverse("evidence:act", args=[item.pk, "offer"]),
        {"receiver": cast.custodian.pk, "note": "当面交", "version": item.version - 1},
    )

    assert "已被他人处理" in response.content.decode()
    assert "当面交" in response.content.decode()
    assert not item.offers.exists()


def test_hand_over_in_the_browser(cast: Cast) -> None:
    item = a_sealed_item(cast)
    officer, keeper = client_of(cast.officer), client_of(cast.custodian)

    assert keeper.get(reverse("evidence:item", args=[item.pk])).status_code == 404
    officer.post(
        reverse("evidence:act", args=[item.pk, "offer"]), {"receiver": cast.custodian.pk, "version": item.version}
    )
    assert item.number in keeper.get(reverse("evidence:custody")).content.decode()
    assert keeper.get(reverse("evidence:act", args=[item.pk, "accept"])).status_code == 200
    without = keeper.post(reverse("evidence:act", args=[item.pk, "accept"]), {"place": "B 库 04-12"})
    assert without.status_code == 409
    taken = keeper.post(
        reverse("evidence:act", args=[item.pk, "accept"]),
        {"seal": item.seals.get().number, "quantity": 1, "place": "B 库 04-12"},
    )
    assert taken.status_code == 302
    item.refresh_from_db()
    assert (item.state, item.place) == (State.DEPOSITED, "B 库 04-12")
    page = keeper.get(reverse("evidence:item", args=[item.pk])).content.decode()
    assert "移交入库" in page
    assert "承办人甲 交，保管员甲 收" in page
    assert keeper.get(reverse("evidence:sheet", args=[item.pk])).status_code == 200


def test_approver_decides_in_the_browser(cast: Cast) -> None:
    item = a_stored_item(cast)
    at = START + timedelta(days=1)
    row = request_check_out(item, purpose="送鉴定", due_on=at.date(), actor=cast.officer, at=at)
    client = client_of(cast.approver)

    assert item.number in client.get(reverse("evidence:decisions")).content.decode()
    refused = client.post(reverse("evidence:check-out", args=[row.pk]), {"decline": "1", "opinion": ""})
    assert refused.status_code == 409
    assert client.post(reverse("evidence:check-out", args=[row.pk]), {"approve": "1"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "approved"
    assert client_of(cast.officer).get(reverse("evidence:decisions")).status_code == 403


def test_every_look_at_a_sealed_item_is_written_down(cast: Cast) -> None:
    item, plain = a_sealed_item(cast), an_item(cast)

    for name in ("officer", "auditor", "outsider"):
        client_of(cast.everyone()[name]).get(reverse("evidence:item", args=[item.pk]))
        client_of(cast.everyone()[name]).get(reverse("evidence:item", args=[plain.pk]))

    seen = Entry.objects.filter(kind="item.viewed")
    assert [(entry.ref, entry.actor_id) for entry in seen.order_by("id")] == [
        (f"item:{item.pk}", cast.officer.pk),
        (f"item:{item.pk}", cast.auditor.pk),
    ]


def test_download_is_an_attachment_and_known_to_the_ledger_first(cast: Cast) -> None:
    item = an_item(cast)
    client = client_of(cast.officer)
    uploaded = client.post(
        reverse("evidence:new-file", args=[item.pk]),
        {"file": SimpleUploadedFile("../../<script>.html", b"<script>alert(1)</script>", content_type="text/html")},
    )
    assert uploaded.status_code == 302
    file = ItemFile.objects.get()
    assert file.name == "_script_.html"

    response = client.get(reverse("evidence:file", args=[item.pk, file.pk]))
    entry = Entry.objects.get(kind="item.downloaded")

    assert entry.payload["data"]["sha256"] == file.blob.sha256
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]


def test_scan_finds_by_number_seal_and_serial(cast: Cast) -> None:
    item = a_sealed_item(cast, parts=1)
    hidden = Client()
    client = client_of(cast.officer)
    url = reverse("evidence:scan")
    part = item.parts.get()

    assert client.get(url, {"number": item.number.lower()}).headers["Location"].endswith(f"/{item.pk}/")
    assert client.get(url, {"number": item.seals.get().number}).headers["Location"].endswith(f"/{item.pk}/")
    assert client.get(url, {"number": part.device.serial}).headers["Location"].endswith(f"/{part.pk}/")
    assert client.get(url, {"number": "ZJ99-0001-001"}).status_code == 404
    assert client_of(cast.outsider).get(url, {"number": item.number}).status_code == 404
    assert hidden.get(url).status_code == 302


def test_a_decision_is_shown_on_the_page_of_the_item(cast: Cast) -> None:
    item = a_stored_item(cast)
    at = START + timedelta(days=1)
    row = request_check_out(item, purpose="送鉴定", due_on=at.date(), actor=cast.officer, at=at)
    approve_check_out(row, actor=cast.approver, at=at)

    page = client_of(cast.officer).get(reverse("evidence:item", args=[item.pk])).content.decode()

    assert "已批准，待出库" in page


def test_offer_to_a_colleague_is_not_shown_to_others(cast: Cast) -> None:
    item = an_item(cast)
    offer_item(item, cast.custodian, actor=cast.officer, at=START + timedelta(hours=1))

    assert (
        item.number
        not in client_of(a_user("保管员乙", *cast.custodian.roles)).get(reverse("evidence:custody")).content.decode()
    )


def test_events_and_links_are_written_on_the_page(cast: Cast) -> None:
    item = an_item(cast)
    client = client_of(cast.officer)
    base = {"version": item.version}

    client.post(
        reverse("evidence:act", args=[item.pk, "event"]),
        {**base, "happened_at": "2021-09-06 23:11:02", "precision": "second", "kind": "登录", "text": "管理员登录"},
    )
    client.post(
        reverse("evidence:act", args=[item.pk, "link"]),
        {**base, "person": "黄某某", "relation": "办公电脑地址", "strength": "medium", "event": item.events.get().pk},
    )

    page = client.get(reverse("evidence:item", args=[item.pk])).content.decode()
    assert "黄某某" in page
    assert "9月6日 23:11:02" in page
    keeper = client_of(cast.custodian)
    assert keeper.get(reverse("evidence:act", args=[item.pk, "link"])).status_code == 404


@pytest.mark.parametrize(
    ("name", "status"), [("officer", 200), ("auditor", 200), ("custodian", 404), ("outsider", 404)]
)
def test_the_trail_of_an_item_is_for_those_of_the_matter(cast: Cast, name: str, status: int) -> None:
    item = a_stored_item(cast)

    response = client_of(cast.everyone()[name]).get(reverse("ledger:trail", args=[f"item:{item.pk}"]))

    assert response.status_code == status


def test_the_auditor_finds_an_item_by_its_number_and_seal(cast: Cast) -> None:
    item = a_stored_item(cast)

    assert find(item.number, cast.auditor) == [f"item:{item.pk}"]
    assert find(item.seals.get().number, cast.auditor) == [f"item:{item.pk}"]
    assert find(item.number, cast.outsider) == []
