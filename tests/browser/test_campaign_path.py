"""One report between a unit's leader on a phone and the office: signed, returned at its question, mended, accepted."""

import pytest
from playwright.sync_api import expect

from casework.files.services.blobs import store_blob
from tests.browser.conftest import PATIENCE_MS, Visitor
from tests.build import moment
from tests.build_campaigns import ZERO, a_terminal
from units.models import SelfInspection
from units.services.self_inspections import acknowledge, add_rows, attach, save_answers

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE_MS)


def _filled_in(visitor: Visitor) -> SelfInspection:
    """Answer everything of a report that is still out, as its leader did the day before."""
    leader = visitor.played.user("leader2")
    inspection = SelfInspection.objects.filter(
        unit__leaders__user=leader, state__in=("issued", "acknowledged", "drafting")
    ).order_by("-pk")[0]
    at = moment("2021-12-15 16:00")
    acknowledge(inspection, actor=leader, at=at)
    save_answers(inspection, ZERO, actor=leader, at=at)
    add_rows(inspection, "addresses", [{"ip": "198.18.41.1", "use": "办公出口", "found": "none"}], actor=leader, at=at)
    add_rows(inspection, "terminals", [a_terminal(31), a_terminal(32)], actor=leader, at=at)
    attach(inspection, "watch", store_blob([b"watch-2"], actor=leader, at=at), "值守记录.txt", actor=leader, at=at)
    inspection.refresh_from_db()
    return inspection


@pytest.mark.parametrize("visitor", [390], indirect=True)
def test_a_report_goes_back_and_forth_until_it_is_accepted(visitor: Visitor) -> None:
    page = visitor.page
    inspection = _filled_in(visitor)
    pk = inspection.pk
    name = inspection.unit.leaders.get().name
    visitor.become("leader2")
    visitor.open(f"/portal/self-inspections/{pk}/sign/")
    page.locator("#signed_name").fill(name)
    page.locator(".dock button").click()
    page.wait_for_url("**/versions/1/")

    # The office takes it up and sends it back with a remark at one question.
    visitor.become("campaign1")
    visitor.open(f"/self-inspections/{pk}/")
    page.locator("#step-start_review button").last.click()
    expect(page.locator("body")).to_contain_text("审核中")
    visitor.look()
    visitor.open(f"/self-inspections/{pk}/return/")
    page.locator("#id_q_rooms").fill("写明每处由谁检查。")
    page.get_by_role("button", name="退回补正").click()
    page.wait_for_url(f"**/self-inspections/{pk}/")

    # The remark stands at the question; the mended report is the second version.
    visitor.become("leader2")
    visitor.open(f"/portal/self-inspections/{pk}/rooms/")
    expect(page.locator("body")).to_contain_text("写明每处由谁检查。")
    visitor.look()
    page.locator("#value").fill("一楼机房由甲检查，二楼弱电间由乙检查。")
    page.locator(".dock button[value=next]").click()
    page.wait_for_url("**/sign/")
    page.locator("#signed_name").fill(name)
    page.locator(".dock button").click()
    page.wait_for_url("**/versions/2/")
    expect(page.locator("#changes")).to_contain_text("二楼弱电间由乙检查")
    visitor.look()

    # Reviewed anew, verified, and accepted by another person.
    visitor.become("campaign1")
    visitor.open(f"/self-inspections/{pk}/")
    page.locator("#step-start_review button").last.click()
    expect(page.locator("#step-verify")).to_be_attached()
    if page.locator("#reason").count():
        page.locator("#reason").fill("已与监测清单逐个地址核对。")
    page.locator("#step-verify button").last.click()
    expect(page.locator("#step-verify")).to_have_count(0)
    visitor.become("approver1")
    visitor.open(f"/self-inspections/{pk}/")
    page.locator("#step-accept button").last.click()
    expect(page.locator("#step-accept")).to_have_count(0)
    inspection.refresh_from_db()
    assert inspection.state == "accepted"
    assert inspection.reports.count() == 2
    assert visitor.troubles == []
