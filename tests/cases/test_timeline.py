"""The timeline of a case page by page: everything once, were it a thousand events on one day."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from cases.models import KeyMoment
from cases.selectors.timeline import MOST, Event, mark_of, place_of, window
from cases.services.work import add_moment
from tests.build import moment
from tests.build_cases import a_case
from tests.cast import Cast

NOON = moment("2021-09-18 12:00")


def _events(minutes: list[int]) -> list[Event]:
    events = [
        Event(NOON + timedelta(minutes=minute), "evidence", "同名的事", moment_id=number)
        for number, minute in enumerate(minutes, start=1)
    ]
    return sorted(events, key=place_of, reverse=True)


def _walk(events: list[Event]) -> list[Event]:
    seen, before = [], ""
    while True:
        page = window(events, lanes=set(), first=None, last=None, before=before)
        assert page.later + len(page.events) + page.earlier == page.total == len(events)
        seen += page.events
        if not page.earlier:
            return seen
        before = mark_of(page.events[-1])


@pytest.mark.parametrize(
    "minutes",
    [[0], [0] * MOST, [0] * (2 * MOST + 1), [number % 4 for number in range(2 * MOST + 50)], [*range(MOST + 1)]],
)
def test_walking_the_pages_sees_everything_once_and_in_order(minutes: list[int]) -> None:
    events = _events(minutes)

    assert _walk(events) == events


def test_what_comes_or_goes_meanwhile_leaves_nothing_out() -> None:
    events = _events([0] * (MOST + 50))
    before = mark_of(events[MOST - 1])

    added = sorted([*events, Event(NOON + timedelta(hours=1), "field", "新的事")], key=place_of, reverse=True)
    assert window(added, lanes=set(), first=None, last=None, before=before).events == events[MOST:]
    gone = [event for event in events if mark_of(event) != before]
    after = window(gone, lanes=set(), first=None, last=None, before=before)
    assert set(events[MOST:]) <= {*after.events, *gone[after.later + len(after.events) :]}


@pytest.mark.parametrize("before", ["x", "20210918T120000000000", "20211399T000000000000-ab", "-", "'; drop"])
def test_a_mark_that_means_nothing_is_no_error(before: str) -> None:
    events = _events([0, 1])

    assert window(events, lanes=set(), first=None, last=None, before=before).total == 2


@pytest.mark.django_db
def test_the_pages_of_one_day_are_linked(cast: Cast) -> None:
    case, other = a_case(cast), a_case(cast, title="旁案")
    KeyMoment.objects.bulk_create(
        KeyMoment(
            case=one, lane="conduct", title=f"第{number}件", at=NOON, precision="exact", source="台账", by=cast.officer,
            made_at=NOON,
        )
        for one, count in ((case, MOST + 30), (other, 3))
        for number in range(count)
    )  # fmt: skip
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    address = reverse("cases:timeline", args=[case.pk])

    first = client.get(f"{address}?lane=conduct&from=2021-09-18&to=2021-09-18").content.decode()
    (link,) = re.findall(r'href="(\?[^"]*before=[^"]*)"', first)
    second = client.get(address + unescape(link)).content.decode()

    titles = re.compile(r"第\d+件")
    assert set(titles.findall(first)) | set(titles.findall(second)) == {f"第{n}件" for n in range(MOST + 30)}
    assert "lane=conduct" in link
    assert "前面还有更近的 200 件" in second
    assert "看更早的" not in second


@pytest.mark.django_db
def test_a_pinned_moment_stands_on_top_of_every_page_and_is_let_go(cast: Cast) -> None:
    case = a_case(cast)
    early = add_moment(
        case, lane="conduct", title="购入矿机", moment=moment("2021-03-01 00:00"), source="采购合同", pinned=True,
        actor=cast.officer, at=NOON,
    )  # fmt: skip
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    address = reverse("cases:timeline", args=[case.pk])

    def titles(query: str) -> list[str]:
        return [event.title for event, _lane in client.get(address + query).context["rows"]]

    assert titles("?from=2021-09-01") == ["购入矿机", "报请立案"]
    assert titles("?lane=approvals") == ["报请立案"]
    assert titles("") == ["报请立案", "购入矿机"]
    assert client.post(address, {"change": f"unpin {early.pk}"}).status_code == 302
    assert titles("?from=2021-09-01") == ["报请立案"]
    assert client.post(address, {"change": f"withdraw {early.pk}"}).status_code == 302
    assert client.post(address, {"change": "withdraw x"}).status_code == 404
    assert titles("") == ["报请立案"]
