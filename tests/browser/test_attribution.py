"""Who did it, in a real browser, as officer, second officer and auditor: the Huang case, and two variants that name nobody."""

import re

import pytest
from playwright.sync_api import expect

from casework.scenarios.zhejiang_2021 import huang_host
from evidence.attribution_enums import AttributionOutcome, AttributionState
from evidence.enums import Kind
from evidence.models import Attribution, Item, LogEvent
from evidence.selectors.attributions import newest_edition
from evidence.services import add_file, open_collection, take_item
from evidence.services.attributions import name_log_keeper
from evidence.services.logs import run_log, start_log_run
from tests.browser.conftest import Visitor
from tests.build import a_compartment, moment
from tests.build_attributions import FILES

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)
AT = moment("2021-12-15 16:00")
#: Variant → what it comes to, the cap that says why nobody is named, possibilities that are less contradicted than he.
VARIANTS = {
    huang_host.JOB: (AttributionOutcome.AUTOMATIC, "行为出自自动任务，不指向任何人。", {"H4"}),
    huang_host.SHARED: (
        AttributionOutcome.SESSION,
        "没有一条路唯一地通到人：会话已查明，人未确定。",
        {"H2", "H5"},
    ),
}


def logs_of(visitor: Visitor, variant: str) -> LogEvent:
    """Have the logs of a variant taken and read as a matter of its own; return the clearing that they tell of."""
    first, second = visitor.played.user("officer1"), visitor.played.user("officer2")
    taken = open_collection(
        compartment=a_compartment(first, second, name=f"网络中心日志核查（{variant}）"), place="网络中心", officers=(first, second),
        holder_name="网络中心", witness_name="后勤管理员", recording_ref="LX-2021-1215-1", actor=first, at=AT,
    )  # fmt: skip
    item: Item = take_item(
        taken, kind=Kind.ELECTRONIC, title="服务器和机房日志", officers=(first, second), actor=first, at=AT
    )
    given = huang_host.host_files(variant)
    for what, (name, keeper, administrators) in FILES.items():
        file = add_file(item, [getattr(given, what)], name=name, actor=first, at=AT)
        assert run_log(start_log_run(file, actor=first, at=AT).pk, at=AT) is not None
        name_log_keeper(file, keeper=keeper, administrators=administrators, basis="回执", actor=first, at=AT)
    rows = LogEvent.objects.filter(
        item=item, run__file__name=FILES["remote"][0], rule_labels__contains=["log-clearing"]
    )
    found: LogEvent = rows.order_by("ts", "id")[0]
    return found


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_names_nobody(visitor: Visitor, variant: str) -> None:
    outcome, why, best = VARIANTS[variant]
    page = visitor.page
    page.context.set_default_timeout(PATIENCE_MS)
    event = logs_of(visitor, variant)

    # The officer asks from the line that clears the log.
    visitor.become("officer1")
    visitor.open(f"/evidence/log-events/{event.pk}/")
    page.get_by_role("link", name=re.compile("查是谁做的")).click()
    page.wait_for_url(re.compile(r"/evidence/attributions/new/"))
    visitor.look()
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/evidence/attributions/\d+/$"))
    body = page.locator("main")
    expect(body).to_contain_text(why)
    expect(body).to_contain_text("不点名")
    visitor.look()
    row = Attribution.objects.get(event=event)
    edition = newest_edition(row)
    assert (row.outcome, edition.person, edition.content["judgement"]["person"]) == (outcome, "", "")
    text = body.inner_text()
    assert "链条指向" not in text
    assert "黄某某本人" not in text
    assert edition.content["judgement"]["order"][0] in best
    for one in ("H1", "H2", "H3", "H4", "H5"):
        assert page.locator("td b", has_text=one).count() == 1
    page.get_by_role("button", name="送复核").click()
    expect(body).to_contain_text("由另一名办案人员复核")
    assert page.locator("#review").count() == 0

    # The second officer looks at every step and agrees that nobody is named.
    visitor.become("officer2")
    visitor.open(f"/evidence/attributions/{row.pk}/")
    visitor.look()
    page.locator("#review input[value=agreed]").check()
    page.locator("#review [name=note]").fill("逐步核对，原文与步骤相符，不能确定到人")
    page.locator("#review [data-save]").click()
    expect(page.locator("main")).to_contain_text("逐步核对，原文与步骤相符，不能确定到人")
    row.refresh_from_db()
    assert row.state == AttributionState.REVIEWED

    # The auditor reads all of it and writes nothing; the narrow screen holds it too.
    visitor.become("auditor1")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        visitor.open(f"/evidence/attributions/{row.pk}/")
        expect(page.locator("main")).to_contain_text(why)
        assert page.locator("main form[method=post]").count() == 0
        visitor.look()
    assert visitor.troubles == []


def test_the_huang_case_is_worked_through(visitor: Visitor) -> None:
    page = visitor.page
    page.context.set_default_timeout(PATIENCE_MS)
    row = Attribution.objects.get(state=AttributionState.SUBMITTED, item__title="日志服务器上的登录日志副本")
    own = Item.objects.get(title="被删日志服务器上的登录日志")

    # The deletion is proved on the server itself, before anybody is asked for.
    visitor.become("officer1")
    visitor.open(f"/evidence/{own.pk}/logs/")
    page.locator("#runs a", has_text="secure").first.click()
    page.wait_for_url(re.compile(r"/evidence/logs/\d+/$"))
    expect(page.locator("main")).to_contain_text("应有 5，实有 1，缺 4")
    visitor.look()

    # The first edition, with one source, names nobody; the second names him, with what it falls with.
    visitor.open(f"/evidence/attributions/{row.pk}/?edition=1")
    expect(page.locator("main")).to_contain_text("通到人的独立来源只有一个，程度最多为“有限”，不点名。")
    assert "链条指向" not in page.locator("main").inner_text()
    visitor.open(f"/evidence/attributions/{row.pk}/")
    expect(page.locator("main")).to_contain_text("链条指向 黄某某")
    expect(page.locator("main")).to_contain_text("条记录有误则不成立")
    assert page.locator("#review").count() == 0  # he worked it out himself
    visitor.look()

    # On paper: what the rules found, and nothing that is typed.
    page.get_by_role("link", name="行为归属说明").click()
    page.wait_for_url(re.compile(r"/documents/new/"))
    expect(page.locator("main")).to_contain_text("全部内容取自记录，不能改写")
    page.locator("[name=purpose]").fill("附审查调查报告")
    page.locator("[data-save]").click()
    page.wait_for_url(re.compile(r"/documents/\d+/$"))
    expect(page.locator("h1")).to_contain_text(f"{row.number} 第{newest_edition(row).serial}版")
    visitor.look()
    visitor.open(f"/evidence/attributions/{row.pk}/")

    # From a step to the bytes that it stands on, and back.
    page.locator("#step-1 a", has_text="打开原文").first.click()
    page.wait_for_url(re.compile(r"/evidence/log-events/\d+/$"))
    expect(page.locator("mark")).to_be_visible()
    page.go_back()

    visitor.become("officer2")
    visitor.open(f"/evidence/attributions/{row.pk}/")
    page.locator("#review input[value=returned]").check()
    page.locator("#review [name=note]").fill("他说电脑没有锁屏，先查当晚还有谁在办公室")
    page.locator("#review [data-save]").click()
    expect(page.locator("main")).to_contain_text("先查当晚还有谁在办公室")
    row.refresh_from_db()
    assert row.state == AttributionState.RETURNED

    visitor.become("auditor1")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        visitor.open(f"/evidence/attributions/{row.pk}/")
        expect(page.locator("main")).to_contain_text("链条指向 黄某某")
        assert page.locator("main form[method=post]").count() == 0
        visitor.look()

    # On paper: the chain alone, without buttons and without what is only for the screen.
    page.emulate_media(media="print")
    assert not page.locator("button[data-print]").is_visible()
    assert page.locator(".at-way").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert visitor.troubles == []


def test_the_mining_page_of_the_demo_is_filled(visitor: Visitor) -> None:
    page = visitor.page
    page.context.set_default_timeout(PATIENCE_MS)
    item = Item.objects.get(title__startswith="网络中心地址转换")
    for username in ("officer1", "auditor1"):
        visitor.become(username)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            visitor.open(f"/evidence/{item.pk}/mining/")
            for said in ("甲：对话或矿机记录", "乙：目录内的矿池地址", "节点通信，不是矿池", "示例矿池"):
                expect(page.locator("main")).to_contain_text(said)
            visitor.look()
    assert visitor.troubles == []
