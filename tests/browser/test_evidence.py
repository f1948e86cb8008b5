"""The whole way of one rig on the screens of officer, custodian and auditor, and capture at the scene without network."""

import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from casework.accounts.models import User
from casework.ledger.models import Entry
from evidence.enums import State
from evidence.models import Capture, CheckOut, Collection, Confirmation, Item
from tests.browser.conftest import PATIENCE_MS, Visitor
from tests.played import MORNING

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE_MS)


def choose(page: Any, name: str, text: str) -> None:
    """Choose by the words of the option, whatever draws the field."""
    page.evaluate(
        """([name, text]) => {
          const field = document.getElementById(name);
          const option = [...field.options].find((one) => one.textContent.includes(text));
          if (!option) throw new Error(text + ' is not among ' + [...field.options].map((one) => one.textContent).join());
          if (field.tomselect) field.tomselect.setValue(option.value); else field.value = option.value;
        }""",
        [name, text],
    )


def act(visitor: Visitor, item: Item, page: str, choices: dict[str, str] | None = None, **fields: str) -> None:
    """Fill the form of one act and send it; the visitor lands elsewhere."""
    visitor.open(f"/evidence/{item.pk}/acts/{page}/")
    for name, value in fields.items():
        visitor.page.locator(f"[name={name}]").fill(value)
    for name, text in (choices or {}).items():
        choose(visitor.page, f"id_{name}", text)
    visitor.page.locator("[data-save]").click()
    visitor.page.wait_for_url(lambda url: f"/acts/{page}/" not in url)


def test_the_whole_way_of_one_rig(visitor: Visitor) -> None:
    page = visitor.page
    officer = User.objects.get(username="officer1")
    second = User.objects.get(username="officer2")
    visitor.become("officer1")
    visitor.open("/evidence/takings/new/")
    visitor.look()
    choose(page, "id_compartment", "金某某")
    page.locator("[name=place]").fill("实验室北墙铁柜")
    choose(page, "id_second", second.name)
    for name, value in (("holder_name", "金某某"), ("witness_name", "后勤管理员"), ("recording_ref", "LX-2021-99")):
        page.locator(f"[name={name}]").fill(value)
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/evidence/takings/\d+/$"))
    taking = Collection.objects.order_by("-pk")[0]
    visitor.open(f"/evidence/takings/{taking.pk}/items/new/")
    page.locator("[name=title]").fill("自组矿机 9 号")
    page.locator("[name=hidden_how]").fill("藏在铁柜后面")
    choose(page, "id_second", second.name)
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/evidence/\d+/$"))
    item = Item.objects.get(title="自组矿机 9 号")
    act(visitor, item, "seal", {"second": second.name}, number="ZJ21-870001")
    keeper = User.objects.get(username="custodian1")
    act(visitor, item, "offer", {"receiver": keeper.name})
    visitor.open(f"/evidence/{item.pk}/")
    visitor.look()
    expect(page.locator(".cc")).to_contain_text(f"待{second.name}本人确认")

    visitor.become("officer2")
    visitor.open(f"/evidence/confirmations/?item={item.pk}")
    expect(page.locator("[data-ticked]")).to_have_text("已选 0 项，共 2 项")
    page.locator("[data-every]").check()
    expect(page.locator("[data-ticked]")).to_have_text("已选 2 项，共 2 项")
    visitor.look()
    page.get_by_role("button", name="确认属实").click()
    page.wait_for_url(f"**/evidence/{item.pk}/")
    assert Confirmation.objects.filter(custody__item=item, officer=second, agreed=True).count() == 2

    visitor.become("custodian1")
    visitor.open("/evidence/custody/")
    visitor.look()
    act(visitor, item, "accept", seal="ZJ21-870001", quantity="1", place="B 库 09-01")
    item.refresh_from_db()
    assert (item.state, item.keeper) == (State.DEPOSITED, keeper)
    visitor.open("/evidence/scan/?number=ZJ21-870001")
    page.wait_for_url(f"**/evidence/{item.pk}/")

    visitor.become("officer1")
    act(visitor, item, "request", purpose="送鉴定", due_on="2021-12-20")
    visitor.become("approver1")
    visitor.open(f"/evidence/check-outs/{CheckOut.objects.get(item=item).pk}/")
    visitor.look()
    page.get_by_role("button", name="批准调取").click()
    page.wait_for_url("**/evidence/decisions/")
    visitor.become("custodian1")
    act(visitor, item, "hand-out")
    visitor.become("officer1")
    act(visitor, item, "accept", seal="ZJ21-870001")
    act(visitor, item, "unseal", {"second": second.name}, number="ZJ21-870001", reason="做镜像")
    act(visitor, item, "examine", {"second": second.name}, method="只读镜像", document="委托鉴定书 9 号")
    act(visitor, item, "reseal", {"second": second.name}, number="ZJ21-870002")
    act(visitor, item, "return")
    visitor.become("custodian1")
    act(visitor, item, "accept", seal="ZJ21-870002")
    visitor.become("officer2")
    visitor.open(f"/evidence/confirmations/?item={item.pk}")
    page.locator("[data-every]").check()
    page.get_by_role("button", name="确认属实").click()
    page.wait_for_url(f"**/evidence/{item.pk}/")
    visitor.become("officer1")
    act(visitor, item, "propose", {"outcome": "收缴"}, document="处理意见 9 号", reason="违纪所得")
    visitor.become("approver1")
    visitor.open(f"/evidence/disposals/{item.disposals.get().pk}/")
    page.get_by_role("button", name="批准处置").click()
    page.wait_for_url("**/evidence/decisions/")
    item.refresh_from_db()
    assert item.state == State.DISPOSAL_APPROVED

    visitor.become("auditor1")
    visitor.open(f"/evidence/{item.pk}/")
    visitor.look()
    expect(page.locator("body")).to_contain_text("藏在铁柜后面")
    assert page.get_by_role("link", name="取证包").count() == 0
    assert page.locator("a[href*='/acts/']").count() == 0
    visitor.open(f"/trail/item:{item.pk}/")
    visitor.look()
    assert [row.act for row in item.chain.all()] == [
        "collected", "sealed", "offered", "accepted", "stored", "offered", "checked_out", "unsealed", "examined",
        "resealed", "offered", "checked_in", "disposal_approved",
    ]  # fmt: skip
    assert Entry.objects.filter(kind="item.viewed", ref=f"item:{item.pk}", actor_id=officer.pk).exists()
    assert visitor.troubles == []


def photo(number: int) -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (number * 40 % 255, 10, 10)).save(out, "JPEG")
    return {"name": f"IMG_{number}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


@pytest.mark.parametrize("visitor", [390], indirect=True)
def test_capture_at_the_scene_without_network(visitor: Visitor) -> None:
    page = visitor.page
    page.clock.set_fixed_time(MORNING)  # the device's day is that of the campaign
    visitor.become("officer1")
    visitor.open("/evidence/capture/")
    page.evaluate("navigator.serviceWorker.ready")
    page.locator("#pin").fill("蓝天白云小河流水")
    page.get_by_role("button", name="打开").click()
    expect(page.locator("[data-scene]")).to_be_visible()

    page.context.set_offline(True)  # from here on there is no network
    page.reload()
    expect(page.locator("h1")).to_have_text("现场采集")
    page.locator("#pin").fill("另外一个口令不对")
    page.get_by_role("button", name="打开").click()
    expect(page.locator("[data-said]")).to_have_text("口令不对。")
    page.locator("#pin").fill("蓝天白云小河流水")
    page.get_by_role("button", name="打开").click()
    expect(page.locator("[data-scene]")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    for name, value in (
        ("place", "机房 302"), ("holder_name", "金某某"), ("witness_name", "后勤管理员"), ("recording_ref", "LX-7"),
    ):  # fmt: skip
        page.locator(f"#{name}").fill(value)
    page.locator("[name=check][value=power]").check()
    page.locator("[data-f=title]").first.fill("机柜后的矿机")
    page.locator("[data-f=device_kind]").first.select_option("rig")
    page.locator("[data-f=serial]").first.fill("SN-OFFLINE-1")
    page.locator("[data-shoot]").first.set_input_files([photo(1), photo(2)])
    expect(page.locator("[data-photos] li")).to_have_count(2)
    digests = [one.replace(" ", "") for one in page.locator("[data-photos] .hash").all_inner_texts()]
    page.locator("#notes").fill("机器在铁柜后面，通电。")
    page.get_by_role("button", name="同步").click()
    expect(page.locator("[data-said]")).to_contain_text("两名办理人员都要确认")
    for box in page.locator("[name=confirm]").all():
        box.check()
    page.get_by_role("button", name="同步").click()
    expect(page.locator("[data-said]")).to_contain_text("没有网络")
    # What lies on the device is not readable without the words.
    kept = page.evaluate(
        """() => new Promise((done) => { const asked = indexedDB.open('casework-capture', 1); asked.onsuccess = () => {
          const all = asked.result.transaction('kept').objectStore('kept').getAll();
          all.onsuccess = () => done(all.result.map((one) => String.fromCharCode(...new Uint8Array(one.data || one))).join('|'));
        }; })"""
    )
    assert len(kept) > 500
    assert "SN-OFFLINE-1" not in kept
    assert "JFIF" not in kept
    page.get_by_role("button", name="存好，去下一处").click()  # the next scene, before anything could be sent
    expect(page.locator("[data-said]")).to_have_text("已加密存在本机。")
    expect(page.locator("[data-scenes]")).to_contain_text("机房 302：1 件，2 张照片")
    for name, value in (("place", "机房 303"), ("witness_name", "后勤管理员"), ("recording_ref", "LX-8")):
        page.locator(f"#{name}").fill(value)
    page.locator("[data-shoot]").first.set_input_files([photo(3)])
    expect(page.locator("[data-photos] li")).to_have_count(1)
    for box in page.locator("[name=confirm]").all():
        box.check()
    page.get_by_role("button", name="同步").click()
    expect(page.locator("[data-said]")).to_have_text("还差：证物 1 的名称")  # what was photographed is not left behind
    page.locator("[data-f=title]").first.fill("交换机")
    for box in page.locator("[name=confirm]").all():
        expect(box).not_to_be_checked()  # what they confirmed has changed
        box.check()
    page.get_by_role("button", name="同步").click()
    expect(page.locator("[data-said]")).to_contain_text("没有网络")
    page.reload()  # the device is put away and taken out again
    page.locator("#pin").fill("蓝天白云小河流水")
    page.get_by_role("button", name="打开").click()
    expect(page.locator("#place")).to_have_value("机房 303")
    page.locator("[data-scenes]").get_by_role("button", name="打开").click()
    expect(page.locator("[data-f=serial]").first).to_have_value("SN-OFFLINE-1")

    expect(page.locator("[data-unsent]")).to_have_text("未同步 2 处，3 张照片")
    expect(page.locator("[data-photos] canvas")).to_have_count(2)  # one sees which photo is which

    before = set(Collection.objects.values_list("pk", flat=True))
    page.context.set_offline(False)
    # Somebody else who knows the words of the device does not send it under his own name.
    visitor.become("officer2")
    visitor.open("/evidence/capture/")
    page.locator("#pin").fill("蓝天白云小河流水")
    page.get_by_role("button", name="打开").click()
    expect(page.locator("[data-said]")).to_contain_text("没有同步的现场")
    expect(page.locator("[data-scene]")).to_be_hidden()
    # Who signs out is told what waits on this device; the answer here is to stay.
    visitor.become("officer1")
    visitor.open("/evidence/custody/")
    expect(page.locator("[data-unsent-told]")).to_contain_text("2 处现场还没有同步")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.locator("summary.me").click()
    page.get_by_role("button", name="退出登录").click()
    assert asked == [one for one in asked if "2 处现场还没有同步" in one] != []
    assert page.url.endswith("/evidence/custody/")
    visitor.open("/evidence/capture/")
    page.locator("#pin").fill("蓝天白云小河流水")
    page.get_by_role("button", name="打开").click()
    page.get_by_role("button", name="同步").click()
    expect(page.locator("[data-said]")).to_contain_text("已同步为清单")
    expect(page.locator("[data-unsent]")).to_have_text("没有未同步的")
    assert page.evaluate("localStorage.getItem('cw-unsent')") is None

    made = Collection.objects.exclude(pk__in=before).order_by("place")
    capture, other = (Capture.objects.get(collection=one) for one in made)
    assert [one.place for one in made] == ["机房 302", "机房 303"]
    assert (other.collection.items.get().title, other.photos.filter(file__isnull=False).count()) == ("交换机", 1)
    item = capture.collection.items.get()
    assert (item.title, item.device.serial, capture.notes) == ("机柜后的矿机", "SN-OFFLINE-1", "机器在铁柜后面，通电。")
    assert [one.file.blob.sha256 for one in capture.photos.all() if one.file] == digests
    assert [one["key"] for one in capture.checklist if one["done"]] == ["power"]
    offline = [said for said in visitor.troubles if "ERR_INTERNET_DISCONNECTED" not in said]
    assert offline == []
