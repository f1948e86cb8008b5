"""What every list of the product asks of the database: few queries, and as many for one row as for sixty."""

import inspect
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from casework.accounts import middleware
from casework.web.listing import ListPage
from tests.played import Played
from tests.routes import address_of, objects, routes

#: All that a request asks is counted: its session, the reader with his roles and circles, the side bar and the list.
MOST = 8
#: The whole record names things of every kind: a query for each.
PROVED = frozenset({"ledger:all"})
#: Who opens a list: the first of these who may.
READERS = ("officer1", "campaign1", "approver1", "auditor1", "custodian1", "secadmin1", "sysadmin1", "auditadmin1")


def _addresses() -> Iterator[tuple[str, str]]:
    known = objects()
    for route in routes():
        if route.name.startswith("api:"):
            continue
        try:
            address = address_of(route, known)
        except LookupError:
            continue
        view = inspect.unwrap(resolve(address).func)
        if view.__module__.partition(".")[0] in {"casework", "units", "evidence", "cases"}:
            source = inspect.getsource(view)
            if "render_list(" in source:
                yield route.name, address


def _asked(client: Client, address: str) -> tuple[int, list[str]]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    return answer.status_code, [one["sql"] for one in captured]


def test_every_list_asks_few_queries_whatever_its_rows(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "RENEW_SECONDS", 10**9)  # no session is written anew while this walks
    clients = {}
    for name in READERS:
        clients[name] = Client()
        clients[name].force_login(played.user(name), backend="casework.accounts.backends.AccountBackend")
        clients[name].get("/help/")
    seen: dict[str, tuple[str, int, int]] = {}
    wrong: dict[str, list[str]] = {}
    for name, address in _addresses():
        if name in PROVED:
            continue
        for reader, client in clients.items():
            monkeypatch.setattr(ListPage, "size", property(lambda _page: 60))
            status, many = _asked(client, f"{address}?all=1")
            if status != 200:
                continue
            if len(many) > MOST:  # what the process keeps, such as the calendar, is read by the first request
                _status, many = _asked(client, f"{address}?all=1")
            monkeypatch.setattr(ListPage, "size", property(lambda _page: 1))
            _status, few = _asked(client, f"{address}?all=1")
            if len(few) != len(many):
                monkeypatch.setattr(ListPage, "size", property(lambda _page: 60))
                _status, many = _asked(client, f"{address}?all=1")
            seen[name] = (reader, len(few), len(many))
            if len(many) > MOST or len(few) != len(many):
                wrong[name] = many
            break
    table = "\n".join(f"{name:<36}{reader:<12}{few:>4}{many:>4}" for name, (reader, few, many) in seen.items())
    assert len(seen) > 30, table
    assert not wrong, table + "".join(f"\n\n{name}\n" + "\n".join(sql) for name, sql in wrong.items())
