"""The main path of each of the three kinds of user, by keyboard and by thumb, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from cases.models import Case
from casework.files.services.blobs import store_blob
from casework.ledger.models import Entry
from evidence.models import Item
from tests.browser.conftest import PATIENCE_MS, Visitor
from tests.build import moment
from tests.build_campaigns import ZERO, a_terminal
from units.enums import LeadState
from units.models import Lead, SelfInspection
from units.services.self_inspections import add_rows, attach, save_answers

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE_MS)


def test_an_officer_walks_the_leads_by_keyboard_and_files_a_case(visitor: Visitor) -> None:
    page, keys = visitor.page, visitor.page.keyboard
    visitor.sign_in("officer1")
    visitor.look()

    # g l: the leads; j: the next one; m: a note; 2: a way of disposal; Ctrl ↵: kept, and on to the next.
    keys.press("g")
    keys.press("l")
    page.wait_for_url("**/leads/**")
    expect(page.get_by_role("heading", name="线索处置")).to_be_visible()
    first = _lead_shown(page)
    keys.press("j")
    page.wait_for_url(re.compile(r"/leads/\d+/"))
    second = _lead_shown(page)
    assert second != first
    visitor.look()
    note = page.locator("#note")
    keys.press("m")
    expect(note).to_be_focused()
    keys.type("同一出口连续三周出现，先核实。")
    keys.press("Escape")
    way = page.locator(".way input").nth(1)
    keys.press(way.get_attribute("data-key"))
    expect(way).to_be_checked()
    here = page.url
    keys.press("Control+Enter")
    page.wait_for_url(lambda url: url != here and "/handle/" not in url)
    proposed = Lead.objects.get(number=second)
    assert proposed.state == LeadState.OPINION_PENDING
    assert proposed.note == "同一出口连续三周出现，先核实。"

    lead = _verified_lead()
    visitor.open(f"/leads/{lead.pk}/?all=1")
    expect(page.get_by_role("heading", name=lead.unit.name)).to_be_visible()
    visitor.open(f"/cases/new/?lead={lead.pk}")
    visitor.look()
    page.get_by_label("案由").fill(f"{lead.unit.name}职工利用公共资源“挖矿”案")
    page.get_by_label("主要问题").fill("用单位电脑和电力“挖矿”，现场已查实。")
    page.get_by_label("被审查调查人").fill("赵某某，信息中心工作人员")
    _choose(page, "id_partner", "承办人乙")
    _choose(page, "id_decider", "分管领导甲")
    keys.press("Control+Enter")
    page.wait_for_url(re.compile(r"/cases/\d+/$"))

    case = Case.objects.order_by("-pk")[0]
    expect(page.locator("h1")).to_contain_text("职工利用公共资源“挖矿”案")
    expect(page.locator("body")).to_contain_text(case.number)
    assert case.lead == lead
    visitor.look()
    visitor.open("/cases/")
    expect(page.get_by_role("link", name=re.compile(re.escape(case.title))).first).to_be_visible()
    assert visitor.troubles == []


def _lead_shown(page: Any) -> str:
    found = re.search(r"线索 (\d{4}-\w+-\d+)", page.locator(".tri-d").inner_text())
    assert found, page.locator(".tri-d").inner_text()[:200]
    return found[1]


def _verified_lead() -> Lead:
    lead = (
        Lead.objects.filter(
            campaign__code="zhejiang-2021", state=LeadState.VERIFICATION, classification="active", cases=None
        )
        .order_by("pk")
        .first()
    )
    assert lead is not None
    return lead


def _choose(page: Any, name: str, words: str) -> None:
    """Choose in a long list as one types; the list takes and gives back the focus a moment after the click."""
    page.locator(f"#{name} + .ts-wrapper .ts-control").click()
    expect(page.locator(f"#{name}-ts-control")).to_be_focused()
    page.keyboard.type(words)
    expect(page.locator(f"#{name}-ts-dropdown .option.active")).to_contain_text(words)
    page.keyboard.press("Enter")
    expect(page.locator(f"#{name}-ts-dropdown")).to_be_hidden()


@pytest.mark.parametrize("visitor", [390], indirect=True)
def test_a_units_leader_goes_on_with_the_report_on_a_phone_and_submits_it(visitor: Visitor) -> None:
    page = visitor.page
    inspection = _nearly_filled_in(visitor)
    visitor.sign_in("leader1")
    page.wait_for_url("**/portal/")
    visitor.look()
    expect(page.locator("body")).to_contain_text("还差 2 题")

    # What is missing is listed with its door; going on opens the first of it.
    visitor.open(f"/portal/self-inspections/{inspection.pk}/sign/")
    expect(page.locator("#why")).to_contain_text("还差 2 题")
    visitor.look()
    page.locator("[data-missing]").first.click()
    page.wait_for_url("**/rooms/")
    visitor.look()
    page.locator("#value").fill("主机房和两处弱电间，信息中心检查。")
    expect(page.locator("#saved")).to_contain_text("12月16日")  # the words save themselves while one types
    page.locator(".dock button[value=next]").click()
    page.wait_for_url("**/measures/")
    expect(page.locator("h1")).to_contain_text("措施")
    page.locator("#value").fill("每月抽查一次流量，专人值守。")
    page.locator(".dock button[value=next]").click()
    page.wait_for_url("**/sign/")
    visitor.look()
    expect(page.locator("#why")).to_have_count(0)
    page.locator("#signed_name").fill(inspection.unit.leaders.get().name)
    page.locator(".dock button").click()
    page.wait_for_url("**/versions/1/")
    visitor.look()
    expect(page.locator("body")).to_contain_text("主机房和两处弱电间")
    inspection.refresh_from_db()
    assert inspection.state == "submitted"
    assert visitor.troubles == []


def _nearly_filled_in(visitor: Visitor) -> SelfInspection:
    """Answer everything of the stage's report but two questions, as the leader did the day before."""
    leader = visitor.played.user("leader1")
    inspection = SelfInspection.objects.get(unit__leaders__user=leader, stage__code="institution")
    at = moment("2021-12-15 16:00")
    answers = {code: value for code, value in ZERO.items() if code not in {"rooms", "measures"}}
    save_answers(inspection, answers, actor=leader, at=at)
    add_rows(inspection, "addresses", [{"ip": "198.18.40.1", "use": "办公出口", "found": "none"}], actor=leader, at=at)
    add_rows(inspection, "terminals", [a_terminal(1), a_terminal(2)], actor=leader, at=at)
    attach(inspection, "watch", store_blob([b"watch"], actor=leader, at=at), "值守记录.txt", actor=leader, at=at)
    inspection.refresh_from_db()
    return inspection


@pytest.mark.parametrize("visitor", [1440, 390], indirect=True)
def test_an_auditor_traces_an_item_from_its_number_to_its_entries(visitor: Visitor) -> None:
    page = visitor.page
    item = Item.objects.get(title__startswith="自组矿机 1 号")
    entries = Entry.objects.filter(ref=f"item:{item.pk}")
    visitor.sign_in("auditor1")
    visitor.look()

    visitor.open("/trail/")
    page.locator("input[name=q]").last.fill(item.number)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/trail/(\?q=|item:)"))
    if "?q=" in page.url:  # the number is also the beginning of those of its parts
        visitor.look()
        page.locator(f"a.title[href*='item:{item.pk}/']").first.click()
    page.wait_for_url(f"**/trail/item:{item.pk}/**")
    visitor.look()
    expect(page.locator(f"a[href*='/trail/entry/{entries.order_by('pk')[0].pk}/']").first).to_be_attached()

    visitor.open(f"/evidence/{item.pk}/")
    expect(page.locator("h1")).to_contain_text("自组矿机 1 号")
    expect(page.locator("body")).to_contain_text(item.number)
    visitor.look()
    visitor.open(f"/trail/item:{item.pk}/")
    page.locator("a[href*='/trail/entry/']").first.click()
    page.wait_for_url(re.compile(r"/trail/entry/\d+/"))
    entry = entries.get(pk=int(re.findall(r"/entry/(\d+)/", page.url)[0]))
    expect(page.locator("h1")).to_contain_text("账本第")
    expect(page.locator("pre.raw")).to_contain_text(entry.kind)
    visitor.look()
    assert visitor.troubles == []


def test_who_writes_programs_reads_how_the_api_is_used(visitor: Visitor) -> None:
    page = visitor.page
    visitor.become("auditor1")
    visitor.open("/account/")
    page.get_by_role("link", name="接口说明").click()

    expect(page.locator('[data-path="/api/v1/accounts/"]').first).to_be_attached()
    assert visitor.troubles == []  # nothing of it runs against our policy, or asks another host
