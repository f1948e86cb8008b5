"""Cases in a real browser at both widths: officer, hearing officer, approver and the inspection team."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models import Count
from playwright.sync_api import expect

from cases.models import Case, CaseLink, CaseNote, Delegation, Inspection, Measure, Site
from cases.selectors.cases import decisions_for
from cases.services.measures import propose_measure
from casework.core import clock
from casework.notices.models import Notice
from tests.browser.conftest import PATIENCE_MS, Visitor
from tests.browser.test_evidence import choose

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE_MS)
BOTH = pytest.mark.parametrize("visitor", [1440, 390], indirect=True)


def _case() -> Case:
    return Case.objects.get(title__contains="金某某")


@BOTH
def test_an_officer_notes_and_marks_a_moment_on_the_timeline(visitor: Visitor) -> None:
    page, case = visitor.page, _case()
    visitor.become("officer1")
    visitor.open(f"/cases/{case.pk}/work/")
    visitor.look()
    page.get_by_label("记事").fill(f"电话联系了单位（{visitor.page.viewport_size['width']}）。")
    page.get_by_role("button", name="记下").click()
    expect(page.locator("body")).to_contain_text("电话联系了单位")
    assert CaseNote.objects.filter(case=case, text__contains="电话联系了单位").exists()

    visitor.open(f"/cases/{case.pk}/timeline/")
    visitor.look()
    page.get_by_label("事项", exact=True).fill("购入矿机")
    page.get_by_label("时间", exact=True).fill("2021-3-1 0:00")
    page.get_by_label("依据", exact=True).fill("采购合同")
    page.get_by_role("button", name="标注时点").click()
    expect(page.locator("table")).to_contain_text("购入矿机")
    expect(page.locator("svg.pic-xl")).to_be_visible()
    visitor.open(f"/cases/{case.pk}/")
    visitor.look()
    assert visitor.troubles == []


def test_what_was_typed_outlives_the_session_and_is_shown_to_nobody_else(visitor: Visitor) -> None:
    page, case = visitor.page, _case()
    visitor.become("officer1")
    address = f"/cases/{case.pk}/work/"

    visitor.open(address)
    page.get_by_label("记事").fill("写了一半，会话已经结束。")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="记下").click()
    page.wait_for_url("**/accounts/login/**")
    visitor.become("officer1")
    visitor.open(address)

    expect(page.get_by_label("记事")).to_have_value("写了一半，会话已经结束。")
    expect(page.locator("#page-error")).to_contain_text("还没有提交")
    assert not CaseNote.objects.filter(case=case, text__contains="会话已经结束").exists()

    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="记下").click()
    page.wait_for_url("**/accounts/login/**")
    visitor.become("officer2")
    visitor.open(address)

    expect(page.get_by_label("记事")).to_have_value("")
    assert page.evaluate("sessionStorage.getItem('cw-typed')") is None


@BOTH
def test_a_hearing_officer_reads_facts_proof_and_law_side_by_side(visitor: Visitor) -> None:
    page, case = visitor.page, _case()
    visitor.become("hearing1")
    visitor.open(f"/cases/{case.pk}/hearing/")
    visitor.look()
    for heading in ("事实、证据、定性", "人员与处分建议", "程序"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    for fact in case.facts.filter(dropped_at__isnull=True):
        expect(page.locator("body")).to_contain_text(fact.statement)
    visitor.open(f"/cases/{case.pk}/cover/")
    visitor.look()
    assert visitor.troubles == []


@BOTH
def test_an_approver_reads_a_draft_and_approves_a_measure(visitor: Visitor) -> None:
    page = visitor.page
    leader = visitor.played.user("approver1")
    waiting = decisions_for(leader).first()
    assert waiting is not None
    measure = _a_measure(visitor)
    visitor.become("approver1")
    visitor.open("/cases/decisions/")
    visitor.look()
    expect(page.locator("table")).to_contain_text(waiting.title)
    visitor.open(f"/cases/{waiting.pk}/paper/")
    visitor.look()
    expect(page.locator("body")).to_contain_text("您的签名只对这一稿有效")

    visitor.open(f"/cases/{measure.case_id}/measures/")
    visitor.look()
    card = page.locator(f"#m{measure.pk}")
    card.get_by_label("批准文书文号").fill("浙监批〔2021〕8号")
    card.get_by_role("button", name="批准措施").click()
    expect(page.locator(f"#m{measure.pk}")).to_contain_text("已批准")
    measure.refresh_from_db()
    assert (measure.state, measure.decided_by) == ("approved", leader)
    visitor.open("/cases/approval/")
    visitor.look()
    expect(page.locator("body")).to_contain_text("依据待核")
    today = clock.today()
    choose(page, "id_to", "分管领导乙")
    page.locator("[name=from_on]").fill(today.isoformat())
    page.locator("[name=until]").fill((today + timedelta(days=3)).isoformat())
    page.locator("[name=reason]").fill("外出学习")
    page.get_by_role("button", name="委托代行签批").click()
    expect(page.locator("body")).to_contain_text(f"分管领导乙还没有加入这些待批的案件：{waiting.number}")
    given = Delegation.objects.get(principal=leader, revoked_at__isnull=True)
    assert Notice.objects.get(ref=f"delegation:{given.pk}").recipient.username == "approver2"
    page.get_by_role("button", name="收回委托").click()
    expect(page.locator("body")).to_contain_text("现在没有委托。")
    assert visitor.troubles == []


@BOTH
def test_a_returned_draft_is_answered_at_its_parts_and_comes_back_with_what_changed(visitor: Visitor) -> None:
    page = visitor.page
    case = decisions_for(visitor.played.user("approver1")).get(state="filing_pending")
    mark = f"据监测清单逐日核对（{page.viewport_size['width']}）"
    visitor.become("approver1")
    visitor.open(f"/cases/{case.pk}/paper/")
    page.get_by_text("退回时，在具体部分写意见").click()
    page.locator("[name=remark-grounds]").fill("写明时长和依据")
    page.locator("[name=remark-suspects]").fill("补写职级")
    page.locator("[name=reason]").fill("两处要改")
    page.locator("button[value=return_paper]:visible").click()
    page.wait_for_url("**/cases/decisions/")

    visitor.become("officer1")
    visitor.open(f"/cases/{case.pk}/")
    expect(page.get_by_text("还差 2 项")).to_be_visible()
    page.get_by_role("link", name="去改").first.click()
    expect(page.locator("body")).to_contain_text("写明时长和依据")
    visitor.look()
    text = page.locator("[name=text]")
    text.fill(f"{text.input_value()}{mark}")
    page.locator("[name=answer]").fill("时长共 61 天")
    page.locator("[data-save]").click()
    page.locator("summary", has_text="答复").click()
    page.locator("[name=answer]").fill("没有职级，已注明")
    page.get_by_role("button", name="已处理").click()
    expect(page.locator("body")).to_contain_text("退回意见都已处理")
    visitor.look()
    visitor.open(f"/cases/{case.pk}/step/resubmit/")
    page.locator("[data-save]:visible").click()
    page.wait_for_url(f"**/cases/{case.pk}/")

    visitor.become("approver1")
    visitor.open(f"/cases/{case.pk}/paper/")
    for said in ("看过之后改了 1 处", mark, "时长共 61 天", "没有职级，已注明", "其后内容有改动"):
        expect(page.locator("#decision")).to_contain_text(said)
    visitor.look()
    assert [row.answer for row in case.remarks.order_by("-pk")[:2]] == ["没有职级，已注明", "时长共 61 天"]
    assert visitor.troubles == []


def _a_measure(visitor: Visitor) -> Measure:
    """A measure of the played case, which is put back to the investigation for the length of this test."""
    case = _case()
    state = case.state
    Case.objects.filter(pk=case.pk).update(state="investigating")
    try:
        return propose_measure(
            case, kind="query", target="某账户", purpose="查明资金来源", actor=visitor.played.user("officer1"),
            at=clock.now(),
        )  # fmt: skip
    finally:
        Case.objects.filter(pk=case.pk).update(state=state)


def test_a_leader_takes_a_case_apart_and_joins_it_again(visitor: Visitor) -> None:
    page = visitor.page
    case = Case.objects.filter(state="closed").annotate(people=Count("suspects")).filter(people=2).order_by("pk")[0]
    goes, stays = case.suspects.order_by("-pk")
    Case.objects.filter(pk=case.pk).update(state="investigating", closed_on=None)
    visitor.become("approver1")
    visitor.open(f"/cases/{case.pk}/split/")
    visitor.look()
    page.get_by_label(goes.name, exact=True).check()
    page.locator("[name=title]").fill("另案办理")
    page.locator("[name=reason]").fill("涉嫌不同的问题")
    page.locator("[data-save]").click()
    expect(page.locator("h1")).to_have_text("另案办理")
    visitor.look()
    apart = CaseLink.objects.get(case=case, kind="split").other
    expect(page.locator("#suspects")).to_contain_text(goes.name)
    assert [row.name for row in case.suspects.all()] == [stays.name]

    visitor.open(f"/cases/{apart.pk}/merge/")
    visitor.look()
    choose(page, "id_into", case.number)
    page.locator("[name=reason]").fill("仍是同一事实")
    page.locator("[data-save]").click()
    expect(page.locator("h1")).to_have_text(case.title)
    page.locator("details", has_text="随案内容").last.locator("summary").click()
    expect(page.locator("dl", has_text="人员").last).to_contain_text(goes.name)
    visitor.open(f"/cases/{apart.pk}/")
    visitor.look()
    expect(page.locator("body")).to_contain_text("本案并入")
    assert case.suspects.count() == 2
    assert visitor.troubles == []


def test_another_leader_opens_a_case_in_an_emergency(visitor: Visitor) -> None:
    page, case = visitor.page, _case()
    visitor.become("approver2")
    visitor.open("/cases/emergency/")
    visitor.look()
    page.locator("[name=number]").fill(case.number)
    page.locator("[name=reason]").fill("承办领导联系不上，现场等候答复")
    page.get_by_role("button", name="打开这件案件").click()
    expect(page.locator("h1")).to_have_text(case.title)
    expect(page.locator("body")).to_contain_text("应急调阅，到")
    visitor.look()
    visitor.open(f"/cases/{case.pk}/members/")
    expect(page.locator("body")).to_contain_text("承办领导联系不上")
    mark = case.compartment.public_id
    assert Notice.objects.get(kind="access.emergency", title__contains=mark).recipient.username == "secadmin1"
    assert visitor.troubles == []


@BOTH
def test_a_team_sees_its_sites_and_takes_its_packet_along(visitor: Visitor) -> None:
    page = visitor.page
    inspection = Inspection.objects.get()
    mine = list(Site.objects.filter(team__number=1).select_related("unit"))
    other = Site.objects.filter(team__number=2).select_related("unit")[0]
    visitor.become("inspector11")
    visitor.open("/inspections/today/")
    visitor.look()
    expect(page.locator("body")).to_contain_text(mine[0].unit.name)
    visitor.open(f"/inspections/{inspection.pk}/teams/1/packet/")
    visitor.look()
    for site in mine:
        expect(page.locator("body")).to_contain_text(site.unit.name)
    expect(page.locator("h1")).to_have_text(inspection.cover_name)
    assert other.unit.name not in page.content()
    visitor.open(f"/inspections/sites/{mine[0].pk}/")
    visitor.look()
    assert visitor.troubles == []
