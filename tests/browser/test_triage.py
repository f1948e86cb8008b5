"""Triage of 4,699 leads by keyboard alone on a wide screen, and of fewer on a phone with a keyboard."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE_MS, Visitor
from units.enums import LeadState, QuestionKind
from units.models import ChangeSet, Lead, Question

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE_MS)
ROWS, FEW = 4_699, 300


def _fill_up_to(rows: int) -> int:
    """Fill the circle of routine monitoring up to so many leads that wait for an opinion; return how many wait."""
    waiting = Lead.objects.filter(campaign=None, state=LeadState.ASSIGNED)
    first = waiting.select_related("unit", "compartment", "handler").order_by("pk")[0]
    missing, taken = rows - waiting.count(), Lead.objects.count()
    made = Lead.objects.bulk_create(
        [
            Lead(
                number=f"2021-挖ROW-{number:04d}", unit=first.unit, compartment=first.compartment,
                handler=first.handler, received_on=first.received_on, state=LeadState.ASSIGNED, source="键盘处置",
            )
            for number in range(taken, taken + missing)
        ],
        batch_size=1000,
    )  # fmt: skip
    Question.objects.bulk_create(
        (Question(lead=lead, kind=kind) for lead in made for kind in QuestionKind.values), batch_size=2000
    )
    return int(waiting.count())


@pytest.mark.parametrize("visitor", [390], indirect=True)
def test_leads_are_triaged_on_a_phone_by_keyboard_alone(visitor: Visitor) -> None:
    _triage(visitor, FEW)


def test_4699_leads_are_triaged_by_keyboard_alone(visitor: Visitor) -> None:
    _triage(visitor, ROWS)


def _triage(visitor: Visitor, rows: int) -> None:
    page, keys = visitor.page, visitor.page.keyboard
    assert _fill_up_to(rows) == rows
    visitor.sign_in("officer1")
    keys.press("g")
    keys.press("l")
    page.wait_for_url("**/leads/**")
    visitor.look()
    page.wait_for_load_state()
    keys.press("?")
    expect(page.locator("#keys")).to_be_visible()
    keys.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()

    # One by one: the way, a note, kept, and the next one stands there.
    for way in ("1", "2", "3", "4"):
        here = _number(page)
        keys.press(way)
        keys.press("m")
        keys.type(f"键盘第 {way} 种")
        keys.press("Control+Enter")
        expect(page.locator(".tri-d")).not_to_contain_text(here)
        page.wait_for_load_state()
        done = Lead.objects.get(number=here)
        assert (done.state, done.note) == (LeadState.OPINION_PENDING, f"键盘第 {way} 种")
    before = _number(page)
    keys.press("j")
    expect(page.locator(".tri-d")).not_to_contain_text(before)
    page.wait_for_load_state()
    keys.press("k")
    expect(page.locator(".tri-d")).to_contain_text(before)
    page.wait_for_load_state()

    # All that are left: a, the way, the sentence, and it is one change set.
    keys.press("a")
    page.wait_for_url("**/leads/many/**")
    visitor.look()
    left = rows - 4
    expect(page.locator("h1")).to_contain_text(f"{left:,}")
    keys.press("3")
    keys.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text(f"对 {left:,} 条线索暂存待查？")
    expect(page.locator("form.card p").first).to_contain_text("可以一次全部撤销")
    visitor.look()
    keys.press("Control+Enter")
    page.wait_for_url(re.compile(r"/leads/(\?.*)?$"), timeout=120_000)
    made = ChangeSet.objects.order_by("-pk")[0]
    assert (made.count, made.disposition, made.undone_at) == (left, "shelved", None)
    assert not Lead.objects.filter(campaign=None, state=LeadState.ASSIGNED).exists()

    # u: all of it is taken back while nothing rests on it.
    keys.press("u")
    page.wait_for_url("**/leads/table/**", timeout=120_000)
    made.refresh_from_db()
    assert made.undone_at is not None
    assert Lead.objects.filter(campaign=None, state=LeadState.ASSIGNED).count() == left
    Lead.objects.filter(campaign=None, state=LeadState.OPINION_PENDING, note__startswith="键盘第").update(
        state=LeadState.ASSIGNED, proposal="", proposed_at=None, proposed_by=None
    )
    assert visitor.troubles == []


def _number(page: Any) -> str:
    found = re.search(r"线索 (\d{4}-\w+-\d+)", page.locator(".tri-d").inner_text())
    assert found, page.locator(".tri-d").inner_text()[:200]
    return found[1]
