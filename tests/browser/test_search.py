"""Finding things in a real browser: from the first key to a hit, a search kept with an alert, and what cases share."""

import json
import random
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from cases.models import Case
from cases.selectors.shared import MOST_NODES
from casework.accounts.models import User
from casework.search.models import SavedFilter
from casework.search.registry import search
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE_MS = 90_000
#: Whose case, decision and record the demo shows.
WORD = "金某某"
#: So close may the middles of two cases lie in a picture that can still be read, in pixels.
APART = 6


@pytest.mark.parametrize("visitor", [1440, 390], indirect=True)
def test_an_officer_finds_reads_and_keeps_a_search(visitor: Visitor) -> None:
    page = visitor.page
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    narrow = page.viewport_size["width"] < 500
    visitor.become("officer1")
    officer = User.objects.get(username="officer1")
    counts = {str(group.label): group for group in search(officer, WORD)}
    assert "文书" in counts
    assert len(counts) > 1

    # "/" and a part of a word: what could be meant stands below the field while one types.
    visitor.open("/search/")
    if not narrow:
        page.keyboard.press("/")
        expect(page.locator("[data-find]")).to_be_focused()
        page.locator("[data-find]").press_sequentially("金某", delay=30)
        expect(page.locator("#find-hits mark").first).to_have_text("金某")
        page.keyboard.press("Escape")

    # A name: every kind with its number, the hits marked, titles of documents among them.
    field = page.locator(".bigfind input")
    field.fill(WORD)
    field.press("Enter")
    page.wait_for_url(re.compile(r"/search/\?q="))
    for label, group in counts.items():
        said = f"{group.count:,}{'+' if group.more else ''}"
        expect(page.locator("nav.chips a", has_text=label).filter(has_text=said).first).to_be_visible()
    document = page.locator("section.card", has=page.locator("h2", has_text="文书")).last
    expect(document.locator("mark").first).to_have_text(WORD)
    visitor.look()
    document.locator("li a.title").first.click()
    page.wait_for_url(re.compile(r"/documents/\d+/"))
    expect(page.locator("#p1 img")).to_be_visible()
    page.go_back()

    # Pinyin, and a word that stands nowhere: a sentence, no empty page.
    field = page.locator(".bigfind input")
    for text, said in (("jmm", "金某某"), ("龘靐", "没有找到"), ("%_*'\"", "没有可以查找的字")):
        field.fill(text)
        field.press("Enter")
        page.wait_for_load_state()
        expect(page.locator("main").first).to_contain_text(said)
        visitor.look()

    # Kept under a name, with a word when something new is found.
    name = f"{WORD}的文书 {1 if narrow else 2}"
    visitor.open(f"/search/?q={WORD}")
    page.get_by_role("link", name="存下这次查找").click()
    page.locator("[name=name]").fill(name)
    page.locator("[name=alert]").check()
    page.locator("[data-save], form button[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/search/filters/$"))
    expect(page.locator("body")).to_contain_text(name)
    visitor.look()
    assert SavedFilter.objects.get(name=name).alert
    assert visitor.troubles == []


def _crowded(chance: random.Random) -> dict[str, Any]:
    """Return what as many cases and shared things as are ever drawn at once look like, a few shared by many."""
    cases = [
        {"id": f"c{n}", "name": f"浙纪立〔2021〕{n}号", "full": "某案", "category": 0, "url": f"/cases/{n}/"}
        for n in range(120)
    ]
    things = [
        {"id": f"t{n}", "name": f"0x{n:04x}…{n * 7:04x}", "full": "钱包", "category": 1 + n % 8}
        for n in range(MOST_NODES - len(cases))
    ]
    links = [
        {"source": f"c{one}", "target": thing["id"], "chance": n % 9 == 0}
        for n, thing in enumerate(things)
        for one in chance.sample(range(120), 12 if n % 40 == 0 else 2)
    ]
    return {"nodes": cases + things, "links": links, "categories": [""] * 9}


def test_what_cases_share_can_be_read_at_three_hundred_nodes(visitor: Visitor) -> None:
    page = visitor.page
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    visitor.become("auditor1")
    # Two cases of the demo get one unit, so that there is something to draw.
    first, second = Case.objects.order_by("pk")[:2]
    Case.objects.filter(pk=second.pk).update(unit=first.unit)
    visitor.open("/cases/shared/")
    expect(page.locator(".graph svg")).to_be_visible()
    expect(page.locator("table")).to_contain_text(first.number)
    expect(page.locator("table")).to_contain_text(second.number)
    expect(page.locator("table form")).to_have_count(0)  # the auditor reads
    visitor.look()

    # The same page with as much as is ever drawn: every node there, and the cases apart from each other.
    facts = json.dumps(_crowded(random.Random(7)), ensure_ascii=False)

    def fuller(route: Any) -> None:
        answer = route.fetch()
        body = re.sub(
            r'(<script id="shared-graph"[^>]*>).*?(</script>)',
            lambda found: found[1] + facts + found[2], answer.text(), flags=re.DOTALL,
        )  # fmt: skip
        route.fulfill(response=answer, body=body)

    page.route("**/cases/shared/", fuller)
    visitor.open("/cases/shared/")
    expect(page.locator(".graph svg")).to_be_visible()
    places = page.evaluate(
        """() => {
            const model = window.echarts.getInstanceByDom(document.querySelector('.graph')).getModel();
            const series = model.getSeriesByIndex(0), data = series.getData();
            return data.mapArray(at => [data.getItemLayout(at)[0], data.getItemLayout(at)[1], data.getName(at)]);
        }"""
    )
    assert len(places) == MOST_NODES
    cases = [(x, y) for x, y, name in places if name.startswith("浙纪立")]
    near = [
        (one, other)
        for n, one in enumerate(cases)
        for other in cases[n + 1 :]
        if (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 < APART**2
    ]
    assert len(near) <= 2, near
    shown = page.locator(".graph svg text").count()
    assert shown >= 20
    visitor.look()
    assert visitor.troubles == []
