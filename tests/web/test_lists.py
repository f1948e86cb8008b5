"""The list: conditions, counts, pages, export and acts on many rows, tried on users and their appointments."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django_htmx.middleware import HtmxDetails

from casework.access import policy
from casework.accounts.enums import Role
from casework.accounts.models import Appointment, User
from casework.core.errors import Refused
from casework.web import nav
from casework.web.list_query import ListQuery
from casework.web.lists import Bulk, Column, Drawn, Filter, ListPage, render_list
from tests.build import a_user, an_organisation

PAGE = ListPage(
    title="用户",
    queryset=lambda user: User.objects.select_related("organisation"),
    columns=(
        Column("name", "姓名", "name", sort="name", link=True),
        Column("organisation", "机构", "organisation.name", sort="organisation__name"),
        Column("post", "职务", lambda user: user.post, sort="post"),
        Column("mail", "邮箱", "email", default=False, mono=True),
    ),
    filters=(
        Filter("role", "角色", "appointments__role", Role.choices),
        Filter("active", "启用", "is_active", kind="bool"),
        Filter(
            "place",
            "机构",
            lambda value: Q(organisation__name=value),
            [("甲室", "甲室"), ("乙室", "乙室"), ("丙室", "丙室")],
        ),
        Filter("mail", "邮箱", "email", kind="text"),
        Filter("since", "开户", "created_at", kind="date"),
    ),
    search=("name__icontains", "appointments__document__icontains"),
    order=("name", "pk"),
    row_url=lambda user: f"/users/{user.pk}/",
    export_name="用户",
    unit="人",
    page_size=3,
)


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """Five people in two rooms; 丁 holds two roles, so that a to-many join would show him twice."""
    jia, yi = an_organisation("甲室"), an_organisation("乙室")
    people = {
        "甲": a_user("甲", Role.AUDITOR, organisation=jia),
        "乙": a_user("乙", Role.CUSTODIAN, organisation=jia),
        "丙": a_user("丙", Role.CUSTODIAN, organisation=yi),
        "丁": a_user("丁", Role.CUSTODIAN, Role.AUDITOR, organisation=yi),
        "戊": a_user("戊", organisation=yi),
    }
    User.objects.filter(pk=people["戊"].pk).update(is_active=False, post="=HYPERLINK(1)")
    Appointment.objects.filter(user=people["丁"]).update(document="任〔2021〕3号")
    return people


@pytest.fixture
def ask(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> Callable[..., HttpResponseBase]:
    monkeypatch.setattr(nav, "_entries", {})  # the side bar's counts are not the list's
    session = SessionStore()

    def ask(
        query: str = "", page: ListPage = PAGE, post: dict[str, Any] | None = None, htmx: bool = False
    ) -> HttpResponseBase:
        headers = {"HX-Request": "true", "HX-Target": "list"} if htmx else {}
        path = f"/help/?{query}"
        request: Any = (
            RequestFactory().get(path, headers=headers) if post is None else RequestFactory().post(path, post)
        )
        request.user = people["甲"]
        request.session = session
        request.htmx = HtmxDetails(request)
        MessageMiddleware(lambda _request: None).process_request(request)  # type: ignore[arg-type]
        response = render_list(request, page)
        response.asked = request  # type: ignore[attr-defined]
        return response

    return ask


def query(people: dict[str, User], text: str, page: ListPage = PAGE) -> ListQuery:
    request = RequestFactory().get(f"/?{text}")
    return ListQuery(page, people["甲"], request.GET)


def names(found: ListQuery) -> set[str]:
    return {user.name for user in found.rows}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {"甲", "乙", "丙", "丁", "戊"}),
        ("role=auditor", {"甲", "丁"}),
        ("role=auditor&role=custodian", {"甲", "乙", "丙", "丁"}),
        ("role!=custodian", {"甲", "戊"}),
        ("role!=custodian&role!=auditor", {"戊"}),
        ("role=custodian&place=乙室", {"丙", "丁"}),
        ("place!=乙室", {"甲", "乙"}),
        ("active=0", {"戊"}),
        ("active=1&role=auditor", {"甲", "丁"}),
        ("q=丁", {"丁"}),
        ("q=2021", {"丁"}),
        ("q=丁 甲", set()),
        ("q=丁 3号", {"丁"}),
        ("mail=example", {"甲", "乙", "丙", "丁", "戊"}),
        ("mail=nobody", set()),
        ("mail!=example", set()),
        ("since_from=2000-1-1", {"甲", "乙", "丙", "丁", "戊"}),
        ("since_to=2000年1月1日", set()),
        ("role=nonsense", {"甲", "乙", "丙", "丁", "戊"}),
        ("since_from=gestern", {"甲", "乙", "丙", "丁", "戊"}),
    ],
)
def test_conditions_choose_rows_once_each(people: dict[str, User], text: str, expected: set[str]) -> None:
    found = query(people, text)
    rows = [user.name for user in found.rows]
    assert set(rows) == expected
    assert len(rows) == len(expected)
    assert found.count == len(expected)


@pytest.mark.parametrize("text", ["role=nonsense", "since_from=gestern", "active=2"])
def test_unknown_values_are_said_not_swallowed(people: dict[str, User], text: str) -> None:
    found = query(people, text)
    assert not found.terms
    assert len(found.unknown) == 1


def test_panel_counts_what_each_value_would_show(people: dict[str, User]) -> None:
    counts = query(people, "place=乙室&role=auditor").facet_counts
    # A panel is counted under the other conditions, not under its own.
    assert counts["role"][Role.AUDITOR] == 1
    assert counts["role"][Role.CUSTODIAN] == 2
    assert counts["role"][Role.INTAKE] == 0
    assert counts["place"] == {"甲室": 1, "乙室": 1, "丙室": 0}
    assert counts["active"] == {"1": 1, "0": 0}


def walk(people: dict[str, User], text: str, page: ListPage) -> tuple[list[str], list[str]]:
    """Return the names read forwards page by page, and those read backwards from the last page."""
    forwards: list[str] = []
    address = text
    window = query(people, address, page).window()
    while True:
        forwards += [user.name for user in window.rows]
        if not window.after:
            break
        window = query(people, f"{text}&{urlencode({'after': window.after})}", page).window()
    backwards = [user.name for user in window.rows]
    while window.before:
        window = query(people, f"{text}&{urlencode({'before': window.before})}", page).window()
        backwards = [user.name for user in window.rows] + backwards
    return forwards, backwards


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("sort", ["", "name", "-name", "organisation", "-organisation", "post", "-post"])
def test_pages_show_every_row_once_in_order_both_ways(people: dict[str, User], size: int, sort: str) -> None:
    page = replace(PAGE, page_size=size)
    text = f"sort={sort}" if sort else ""
    expected = [user.name for user in query(people, text, page).rows]
    assert len(expected) == 5
    forwards, backwards = walk(people, text, page)
    assert forwards == expected
    assert backwards == expected


@pytest.mark.parametrize("order", [("username", "pk"), ("-username", "pk"), ("username", "-pk")])
def test_the_lists_own_order_is_turned_as_a_whole(people: dict[str, User], order: tuple[str, ...]) -> None:
    column = Column("username", "用户名", "username", sort="username")
    page = replace(PAGE, order=order, columns=(column,))
    wanted = "username" if order[0].startswith("-") else "-username"

    rows = [user.pk for user in query(people, f"sort={wanted}", page).rows]

    assert rows == [user.pk for user in query(people, "", page).rows][::-1]
    assert len(rows) == 5
    assert query(people, f"sort={wanted}", page).order == [f"-{name}".removeprefix("--") for name in order]


@pytest.mark.parametrize("order", [("until", "pk"), ("-until", "pk"), ("until", "-pk"), ("-until", "-pk")])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_pages_keep_rows_without_a_date_last(people: dict[str, User], order: tuple[str, ...], size: int) -> None:
    appointments = list(Appointment.objects.order_by("pk"))
    for number, appointment in enumerate(appointments):
        if number % 2:
            Appointment.objects.filter(pk=appointment.pk).update(until=date(2030, 1, 1 + number // 2))
    page = ListPage(
        title="任职",
        queryset=lambda user: Appointment.objects.select_related("user"),
        columns=(Column("role", "角色", "role"),),
        order=order,
        page_size=size,
    )

    def window(text: str) -> Any:
        return ListQuery(page, people["甲"], RequestFactory().get(f"/?{text}").GET).window()

    expected = [row.pk for row in ListQuery(page, people["甲"], RequestFactory().get("/").GET).rows]
    assert Appointment.objects.get(pk=expected[-1]).until is None
    here = window("")
    read = [row.pk for row in here.rows]
    while here.after:
        here = window(urlencode({"after": here.after}))
        read += [row.pk for row in here.rows]
    assert read == expected
    back = [row.pk for row in here.rows]
    while here.before:
        here = window(urlencode({"before": here.before}))
        back = [row.pk for row in here.rows] + back
    assert back == expected


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WyJhIl0", "%%%", "WzEsMiwzXQ", "5Lit5paH"])
def test_a_broken_cursor_shows_the_first_page_and_says_so(people: dict[str, User], cursor: str) -> None:
    found = query(people, urlencode({"after": cursor}))
    assert [user.name for user in found.window().rows] == [user.name for user in found.rows][:3]
    assert len(found.unknown) == 1


@pytest.mark.parametrize("rows", [1, 4])
def test_the_page_costs_the_same_queries_whatever_its_length(
    ask: Callable[..., HttpResponseBase], people: dict[str, User], rows: int
) -> None:
    page = replace(PAGE, page_size=rows)
    people["甲"].roles  # noqa: B018 - the request's own look-up, made by the middleware
    with CaptureQueriesContext(connection) as captured:
        ask("role=custodian", page)
    lists = [one["sql"] for one in captured if "notices" not in one["sql"]]
    assert len(lists) == 2  # rows; total, count and panel


def html(response: HttpResponseBase) -> str:
    return response.content.decode()  # type: ignore[attr-defined, no-any-return]


def test_page_shows_chips_counts_and_links(ask: Callable[..., HttpResponseBase], people: dict[str, User]) -> None:
    text = html(ask("role=custodian&place!=甲室"))
    assert "5 人中的 <b>2</b> 人" in text
    assert "角色：<b>保管员</b>" in text
    assert "机构不是 <b>甲室</b>" in text
    assert f'<a class="title" href="/users/{people["丁"].pk}/">丁</a>' in text
    assert ">甲</a>" not in text
    assert 'href="?place%21=%E7%94%B2%E5%AE%A4"' in text  # the chip's × keeps the other condition


def test_htmx_gets_the_list_alone(ask: Callable[..., HttpResponseBase]) -> None:
    text = html(ask("role=custodian", htmx=True))
    assert text.lstrip().startswith('<div id="list"')
    assert "<html" not in text


def test_chosen_columns_are_remembered(ask: Callable[..., HttpResponseBase]) -> None:
    assert "@example.invalid" not in html(ask())
    assert "@example.invalid" in html(ask("cols=name&cols=mail"))
    again = html(ask())
    assert "@example.invalid" in again
    assert ">职务</a>" not in again


def test_columns_that_do_not_exist_change_nothing(ask: Callable[..., HttpResponseBase]) -> None:
    assert ">职务</a>" in html(ask("cols=nonsense"))


def read_csv(response: HttpResponseBase) -> list[list[str]]:
    body = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(body)))


def test_csv_holds_the_present_rows_and_no_formulas(ask: Callable[..., HttpResponseBase]) -> None:
    rows = read_csv(ask("export=csv&active=0"))
    assert rows == [["姓名", "机构", "职务"], ["戊", "乙室", "'=HYPERLINK(1)"]]


def test_xlsx_holds_text_not_formulas(ask: Callable[..., HttpResponseBase]) -> None:
    response = ask("export=xlsx&active=0")
    body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    response.close()
    book = openpyxl.load_workbook(io.BytesIO(body))
    cells = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert cells == [["姓名", "机构", "职务"], ["戊", "乙室", "'=HYPERLINK(1)"]]
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} == {"s"}


def test_export_tells_the_app_who_took_how_many(ask: Callable[..., HttpResponseBase], people: dict[str, User]) -> None:
    seen: list[tuple[User, int]] = []
    page = replace(PAGE, on_export=lambda user, count: seen.append((user, count)))
    ask("export=csv&role=custodian", page)
    ask("role=custodian", page)
    assert seen == [(people["甲"], 3)]


def test_a_list_goes_out_as_a_file_unless_it_says_no(ask: Callable[..., HttpResponseBase]) -> None:
    assert "text/csv" in ask("export=csv", replace(PAGE, export_name=""))["Content-Type"]
    assert "text/html" in ask("export=csv", replace(PAGE, exported=False))["Content-Type"]


def close(request: HttpRequest, queryset: Any) -> str:
    """Close the accounts, but never those of auditors."""
    if queryset.filter(appointments__role=Role.AUDITOR).exists():
        raise Refused("不能停用：因为其中有审计员。")
    return f"已停用 {queryset.update(is_active=False)} 个账户。"


CLOSE = replace(PAGE, bulk=(Bulk("close", "停用", close),))


def test_bulk_changes_the_ticked_rows_and_no_others(
    ask: Callable[..., HttpResponseBase], people: dict[str, User]
) -> None:
    response = ask("role=custodian", CLOSE, post={"bulk": "close", "pk": [people["乙"].pk, people["丙"].pk]})
    assert response.status_code == 302
    assert [str(message) for message in get_messages(response.asked)] == ["已停用 2 个账户。"]  # type: ignore[attr-defined]
    assert set(User.objects.filter(is_active=False).values_list("name", flat=True)) == {"乙", "丙", "戊"}


def test_bulk_on_all_means_all_under_the_conditions(ask: Callable[..., HttpResponseBase]) -> None:
    ask("place=甲室&role=custodian", CLOSE, post={"bulk": "close", "all": "1"})
    assert set(User.objects.filter(is_active=False).values_list("name", flat=True)) == {"乙", "戊"}


def test_bulk_cannot_reach_rows_the_reader_does_not_see(
    ask: Callable[..., HttpResponseBase], people: dict[str, User]
) -> None:
    page = replace(CLOSE, queryset=lambda user: User.objects.filter(organisation__name="甲室"))
    ask("", page, post={"bulk": "close", "pk": [people["乙"].pk, people["丙"].pk]})
    assert set(User.objects.filter(is_active=False).values_list("name", flat=True)) == {"乙", "戊"}


@pytest.mark.parametrize(
    ("post", "said"),
    [
        ({"bulk": "close"}, "还没有选中"),
        ({"bulk": "close", "pk": ["x"]}, "还没有选中"),
        ({"bulk": "other", "pk": ["1"]}, "没有这个操作"),
        ({"bulk": "close", "all": "1"}, "不能停用：因为其中有审计员。"),
    ],
)
def test_bulk_refusals_stand_on_the_page_and_change_nothing(
    ask: Callable[..., HttpResponseBase], post: dict[str, Any], said: str
) -> None:
    response = ask("", CLOSE, post=post)
    assert response.status_code == 409
    assert said in html(response)
    assert User.objects.filter(is_active=False).count() == 1


def test_bulk_asks_before_many_rows_change(ask: Callable[..., HttpResponseBase], people: dict[str, User]) -> None:
    item = replace(CLOSE.bulk[0], confirm=lambda count: f"停用 {count} 个账户？", confirm_verb="停用账户")
    page = replace(PAGE, bulk=(item,))
    chosen = [people["乙"].pk, people["丙"].pk]
    asked = ask("", page, post={"bulk": "close", "pk": chosen})
    assert "停用 2 个账户？" in html(asked)
    assert User.objects.filter(is_active=False).count() == 1
    ask("", page, post={"bulk": "close", "pk": chosen, "confirmed": "1"})
    assert User.objects.filter(is_active=False).count() == 3


def test_bulk_without_the_right_is_absent(
    ask: Callable[..., HttpResponseBase], monkeypatch: pytest.MonkeyPatch
) -> None:
    act = policy.Act("test.close", frozenset({Role.SYSTEM_ADMIN}), "停用账户")
    monkeypatch.setitem(policy._acts, act.name, act)
    page = replace(PAGE, bulk=(replace(CLOSE.bulk[0], act=act.name),))
    assert "停用" not in html(ask("", page))
    response = ask("", page, post={"bulk": "close", "all": "1"})
    assert "没有这个操作" in html(response)
    assert User.objects.filter(is_active=False).count() == 1


def test_groups_are_headed_once(ask: Callable[..., HttpResponseBase]) -> None:
    page = replace(PAGE, order=("organisation__name", "pk"), group=lambda user: user.organisation.name, page_size=50)
    text = html(ask("", page))
    assert text.count('<tr class="g">') == 2
    assert '甲室 <span class="m3">2</span>' in text


def test_first_visit_starts_with_the_usual_condition(ask: Callable[..., HttpResponseBase]) -> None:
    page = replace(PAGE, default_query="active=0")
    assert "启用：<b>否</b>" in html(ask("", page))
    assert "启用：<b>否</b>" not in html(ask("all=1", page))


def test_what_stands_above_the_title_on_a_phone_is_left_out_there_when_it_is_a_dash() -> None:
    columns = (
        Column("due", "期限", value=lambda row: row["due"]),
        Column("name", "案由", value=lambda row: row["name"], link=True),
        Column("note", "备注", value=lambda row: row["note"], mono=True),
    )
    for due, told in (
        ("12月23日", "<td>12月23日</td>"),
        ("", '<td class="none">—</td>'),
        (None, '<td class="none">—</td>'),
    ):
        row = {"due": due, "name": "甲案", "note": ""}
        cells = Drawn(row, "/cases/1/", RequestFactory().get("/"), columns, "name").cells
        assert (
            cells == f'{told}<td><a class="title" href="/cases/1/">甲案</a></td><td class="mono" data-l="备注">—</td>'
        )


def test_a_list_without_anything_says_why_and_offers_no_conditions(ask: Callable[..., HttpResponseBase]) -> None:
    page = replace(
        PAGE,
        queryset=lambda user: User.objects.none(),
        default_query="active=1",
        empty_text="还没有用户",
        empty_why="由系统管理员开立。",
    )

    content = ask(page=page).content.decode()  # type: ignore[attr-defined]

    assert "还没有用户" in content
    assert "由系统管理员开立。" in content
    assert "清空条件" not in content  # nothing is hidden by the condition of the first visit
    assert "list-top" not in content  # no box to search nothing in, no export of 0 rows
    assert 'id="facets"' not in content


def test_conditions_that_leave_nothing_can_be_taken_off(ask: Callable[..., HttpResponseBase]) -> None:
    content = ask("role=inspector").content.decode()  # type: ignore[attr-defined]

    assert "没有符合条件的内容" in content
    assert "清空条件" in content
    assert "list-top" in content
