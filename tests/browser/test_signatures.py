"""An edit after a level has signed, in a real browser: the writer is warned, the signer reads what changed and signs anew."""

import pytest
from playwright.sync_api import expect

from cases.models import Case, Signature
from cases.services.members import add_member
from cases.services.papers import read_paper, sign_paper
from cases.services.suspects import change_standing
from casework.core import clock
from tests.browser.conftest import PATIENCE_MS, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE_MS)


@pytest.mark.parametrize("visitor", [390], indirect=True)
def test_an_edit_voids_a_levels_signature_before_everybodys_eyes(visitor: Visitor) -> None:
    page, played = visitor.page, visitor.played
    case = Case.objects.get(state="filing_pending")
    officer, deputy, now = played.user("officer1"), played.user("approver2"), clock.now()
    # Somebody of a rank for which two levels sign; the first of them has signed.
    change_standing(case.suspects.get(), rank="乡科级副职", reason="干部任免审批表", actor=officer, at=now)
    add_member(case, deputy, actor=officer, at=now)
    draft = read_paper(case, actor=deputy, at=now)
    sign_paper(case, "approve_filing", actor=deputy, at=now, digest=draft.digest)

    visitor.sign_in("officer1")
    visitor.open(f"/cases/{case.pk}/write/grounds/")
    expect(page.locator("main")).to_contain_text("这个签名即失效")
    visitor.look()
    page.locator("[name=text]").fill("实验室公用计算机“挖矿”，8 个地址均已确认")
    page.locator("[data-save]:visible").click()
    expect(page.locator("main")).to_contain_text("其后内容有改动，签名已失效")

    visitor.become("approver1")
    visitor.open(f"/cases/{case.pk}/paper/")
    expect(page.locator("#decision")).to_contain_text("签名已失效，留存在案")
    expect(page.locator("button[value=approve_filing]")).to_have_count(0)

    visitor.become("approver2")
    visitor.open(f"/cases/{case.pk}/paper/")
    for said in ("看过之后改了 1 处", "签名已失效，留存在案"):
        expect(page.locator("#decision")).to_contain_text(said)
    visitor.look()
    page.locator("button[value='sign:approve_filing']:visible").click()
    page.wait_for_url("**/cases/decisions/")
    old, new = Signature.objects.filter(case=case).order_by("pk")
    assert (old.voided_at is None, new.voided_at, new.paper.number > old.paper.number) == (False, None, True)
    assert visitor.troubles == []
