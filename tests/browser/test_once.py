"""What people do with Back and with two presses, in a real browser: one thing arises and they are told."""

import pytest
from playwright.sync_api import expect

from cases.models import Case
from tests.browser.conftest import PATIENCE_MS, Visitor
from tests.browser.test_evidence import choose

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE_MS)
BOTH = pytest.mark.parametrize("visitor", [1440, 390], indirect=True)


@BOTH
def test_back_and_once_more_files_one_case_and_other_words_are_asked_about(visitor: Visitor) -> None:
    page = visitor.page
    title = f"某单位机房“挖矿”案（{page.viewport_size['width']}）"
    visitor.become("officer1")
    visitor.open("/cases/new/")
    page.locator("[name=title]").fill(title)
    page.locator("[name=grounds]").fill("夜间用机房的电。")
    choose(page, "id_partner", "承办人乙")
    choose(page, "id_decider", "分管领导甲")
    page.get_by_role("button", name="报请立案").click()
    expect(page.locator("h1")).to_have_text(title)
    made = page.url

    page.go_back()
    expect(page.locator("[name=title]")).to_have_value(title)
    page.get_by_role("button", name="报请立案").click()
    expect(page.locator("#toasts")).to_contain_text("没有再办一次")
    assert page.url == made
    visitor.look()
    assert Case.objects.filter(title=title).count() == 1

    page.go_back()
    page.locator("[name=title]").fill(f"{title}二")
    page.get_by_role("button", name="报请立案").click()
    expect(page.locator("h1")).to_have_text("这张表单已经提交过")
    visitor.look()
    assert not Case.objects.filter(title=f"{title}二").exists()
    page.get_by_role("button", name="照这次的内容另办一次").click()
    expect(page.locator("h1")).to_have_text(f"{title}二")
    assert Case.objects.filter(title__startswith=title).count() == 2
    visitor.troubles = [one for one in visitor.troubles if "409" not in one]
    assert visitor.troubles == []
