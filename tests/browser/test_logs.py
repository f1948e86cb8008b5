"""From a log file to the proof of what is missing, in a real browser: as the officer who hands it in, and as the auditor."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from casework.core import clock
from evidence.log_enums import RunState, Verdict
from evidence.models import Item
from evidence.models.logs import EventMark, LogFinding, LogRun
from evidence.services import add_file
from evidence.services.logs import run_log, start_log_run
from tests.browser.conftest import PATIENCE_MS, Visitor
from tests.build import moment
from tests.parsing.test_joined_product import DOOR
from tests.parsing.test_product import auth_log
from tests.parsing.test_together import HOURS, secure, wtmp

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=PATIENCE_MS)
#: One login is gone from this log, and the login records still have it.
SOME = [hour for hour in range(HOURS) if hour != 17]


def test_an_officer_goes_from_a_log_file_to_what_was_deleted(visitor: Visitor, tmp_path: Path) -> None:
    page, keys = visitor.page, visitor.page.keyboard
    item = Item.objects.get(title__startswith="自组矿机 1 号")
    visitor.become("officer1")
    for name, data in (("auth.log", auth_log()), ("secure", secure(SOME)), ("wtmp", wtmp(list(range(HOURS))))):
        (tmp_path / name).write_bytes(data)
        visitor.open(f"/evidence/{item.pk}/files/new/")
        page.locator("input[type=file]").set_input_files(tmp_path / name)
        page.locator("[data-save]").click()
        page.wait_for_url(f"**/evidence/{item.pk}/")

        # The reading is asked for with the file chosen by its name; a worker does it.
        visitor.open(f"/evidence/{item.pk}/logs/")
        page.locator("select[name=file]").select_option(label=name)
        page.locator("[data-save]").click()
        expect(page.locator("#runs")).to_contain_text(name)
        run_log(LogRun.objects.get(file__item=item, file__name=name).pk, at=clock.now())
    assert set(LogRun.objects.filter(file__item=item).values_list("state", flat=True)) == {RunState.DONE}
    visitor.open(f"/evidence/{item.pk}/logs/")
    visitor.look()

    # The reading: every line accounted for, the two lines that bound the gap, and who testifies.
    page.get_by_role("link", name="auth.log").first.click()
    page.wait_for_url(re.compile(r"/evidence/logs/\d+/$"))
    expect(page.locator("body")).to_contain_text("应有 5，实有 2，缺 3")
    expect(page.locator("body")).to_contain_text("New session 55 of user huang.")
    visitor.look()

    # t: the timeline; +: nearer; 0: all of it again.
    keys.press("t")
    page.wait_for_url(re.compile(r"/evidence/timeline/\?item="))
    expect(page.locator(".tl svg")).to_be_visible()
    expect(page.locator("body")).to_contain_text("wtmp 有，secure 没有")
    expect(page.locator("body")).to_contain_text("huang 10.3.7.17")
    visitor.look()
    keys.press("+")
    page.wait_for_url(re.compile("since="))
    visitor.look()
    keys.press("0")
    page.wait_for_url(lambda url: "since=" not in url)

    # Only what is suspicious; the event with its bytes; a star for it.
    page.locator("input[name=marked]").check()
    page.locator(".lg-f button").click()
    page.wait_for_url(re.compile("marked=1"))
    page.locator("a.title", has_text="用 sudo 执行").click()
    page.wait_for_url(re.compile(r"/evidence/log-events/\d+/$"))
    expect(page.locator("body")).to_contain_text("COMMAND=/bin/rm -f /var/log/auth.log.1")
    visitor.look()
    page.locator("[name=comment]").fill("删日志的命令")
    page.locator("[name=comment]").locator("xpath=ancestor::form").locator("button").first.click()
    expect(page.locator("body")).to_contain_text("删日志的命令")
    assert EventMark.objects.filter(comment="删日志的命令", starred=True).count() == 1
    assert visitor.troubles == []


@pytest.mark.parametrize("visitor", [1440, 390], indirect=True)
def test_a_table_is_read_by_naming_its_columns(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    item = Item.objects.get(title__startswith="自组矿机 1 号")
    visitor.become("officer1")
    name = f"门禁{page.viewport_size['width']}.csv"
    (tmp_path / name).write_bytes(DOOR + f"19,丁某某,2021-09-09,10:30:00,{name}\n".encode("gb18030"))
    visitor.open(f"/evidence/{item.pk}/files/new/")
    page.locator("input[type=file]").set_input_files(tmp_path / name)
    page.locator("[data-save]").click()
    page.wait_for_url(f"**/evidence/{item.pk}/")
    visitor.open(f"/evidence/{item.pk}/logs/")
    page.locator("select[name=file]").select_option(label=name)
    page.locator("select[name=format]").select_option("columns")
    page.locator("[data-save]").click()

    page.wait_for_url(re.compile("/logs/columns/"))
    expect(page.locator("body")).to_contain_text("黄某某")
    visitor.look()
    for heading, field in (("持卡人", "user_name"), ("刷卡日期", "date"), ("刷卡时刻", "ts"), ("门", "tty")):
        page.get_by_label(heading, exact=True).select_option(field)
    page.locator("input[name=name]").fill(f"实验楼门禁 {name}")
    page.locator("[data-save]").click()
    page.wait_for_url(f"**/evidence/{item.pk}/logs/")
    run = run_log(LogRun.objects.get(file__item=item, file__name=name).pk, at=clock.now())

    assert run is not None
    assert (run.lines, run.events_kept) == (5, 3)
    visitor.open(f"/evidence/logs/{run.pk}/")
    expect(page.locator("body")).to_contain_text("表头以上")
    visitor.look()
    assert visitor.troubles == []


@pytest.mark.parametrize("visitor", [1440, 390], indirect=True)
def test_the_auditor_reads_and_cannot_write(visitor: Visitor) -> None:
    page = visitor.page
    found = _found(visitor)
    visitor.become("auditor1")

    for address in (
        f"/evidence/timeline/?item={found.item_id}",
        f"/evidence/logs/{found.run_id}/",
        f"/evidence/{found.item_id}/logs/",
    ):
        visitor.open(address)
        visitor.look()
        assert page.locator("main form[method=post]").count() == 0, address
    visitor.open(f"/evidence/timeline/?item={found.item_id}")
    expect(page.locator("body")).to_contain_text("wtmp 有，secure 没有")
    assert visitor.troubles == []


def _found(visitor: Visitor) -> LogFinding:
    """Return the contradiction of two logs of an item, read by an officer the day before, unless they were read already."""
    rows = LogFinding.objects.filter(check_name="login_contradicted", verdict=Verdict.CONTRADICTED)
    known: LogFinding | None = rows.order_by("pk").last()
    if known is not None:
        return known
    officer, at = visitor.played.user("officer1"), moment("2021-12-15 16:00")
    item = Item.objects.get(title__startswith="自组矿机 2 号")
    for name, data in (("secure", secure(SOME)), ("wtmp", wtmp(list(range(HOURS))))):
        file = add_file(item, [data], name=name, actor=officer, at=at)
        run_log(start_log_run(file, actor=officer, at=at).pk, at=at)
    found: LogFinding = rows.latest("pk")
    return found
