"""Every address as every member of the demo's cast, against the committed table ``tests/routes_table.csv``.

Each address that answers GET is read; each that takes a POST gets one without a body, rolled back afterwards. A POST
that gets past the guards is answered 400 (what is missing), 302 or 200/201 (done); one that does not, 403 or 404.
After a change that adds or moves addresses, ``CASEWORK_WRITE_ROUTES=1`` writes the table anew: read the difference
before committing it, every 200 is a door.
"""

import csv
import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from zlib import crc32

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.test import Client
from django.views.defaults import page_not_found

from casework.accounts.backends import AccountBackend
from casework.accounts.models import User
from casework.accounts.named import set_database_actor
from casework.core import clock
from casework.web.nav import Rows, counts
from tests.played import Played
from tests.routes import Route, address_of, objects, routes

TABLE = Path(__file__).with_name("routes_table.csv")
#: Column of the table → account of the demo; officer3 is outside every compartment, leader2 leads another unit.
CAST = {
    "anonymous": "",
    "officer": "officer1",
    "outsider": "officer3",
    "campaign": "campaign1",
    "intake": "intake1",
    "hearing": "hearing1",
    "approver": "approver1",
    "custodian": "custodian1",
    "inspector": "inspector11",
    "auditor": "auditor1",
    "leader": "leader1",
    "other_leader": "leader2",
    "liaison": "liaison1",
    "system_admin": "sysadmin1",
    "security_admin": "secadmin1",
    "audit_admin": "auditadmin1",
}
Row = tuple[str, str]  # route, method
#: The table is walked in parts, so that several processes can share it.
PARTS = 12


@pytest.fixture
def clients(played: Played) -> dict[str, Client]:
    found = {}
    for name, username in CAST.items():
        found[name] = Client(raise_request_exception=False)
        if username:
            found[name].force_login(played.user(username), backend="casework.accounts.backends.AccountBackend")
            session = found[name].session
            session["renewed"] = int(time.time())
            session.save()
    return found


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def code(client: Client, method: str, address: str) -> int:
    """Return the status of one request, of which nothing stays."""
    cookies = client.cookies.copy()
    with rolled_back():
        api = address.startswith("/api/v1/")
        if method == "GET":
            answer = client.get(address)
        elif api:
            answer = client.generic(method, address, b"{}", content_type="application/json")
        else:
            answer = client.generic(method, address)
        for _part in answer.streaming_content if answer.streaming else ():
            pass  # read to the end, so that the file is closed
    client.cookies = cookies  # signing out is rolled back here too
    return int(answer.status_code)


def written() -> dict[Row, dict[str, int]]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {
            (row["route"], row["method"]): {name: int(row[name]) for name in CAST} for row in csv.DictReader(stream)
        }


def walk(clients: dict[str, Client], rows: Iterable[Row]) -> dict[Row, dict[str, int]]:
    by_name: dict[str, Route] = {route.name: route for route in routes()}
    known = objects()
    found = {}
    for name, method in rows:
        address = address_of(by_name[name], known)
        found[name, method] = {who: code(client, method, address) for who, client in clients.items()}
    return found


def methods_of(route: Route, clients: dict[str, Client], address: str) -> list[str]:
    """Return what the address answers; a page is asked, an API route says so itself."""
    if route.actions:
        return list(route.actions)
    return [method for method in ("GET", "POST") if code(clients["officer"], method, address) != 405] or ["PUT"]


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Thousands of refusals are the point here; they need no line each, the schema need not be drawn each time, and the
    page of what is not there is drawn once for each person. Who asks and what stands in his side bar is read once too:
    every request is rolled back, so it stays the same.
    """
    counted: dict[int, dict[str, int]] = {}

    def once(user: User, **others: Rows) -> dict[str, int]:
        if user.pk not in counted:
            counted[user.pk] = counts(user, **others)
        return counted[user.pk]

    told: set[object] = set()

    def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
        if request.user.pk in told:
            return HttpResponseNotFound()
        told.add(request.user.pk)
        return page_not_found(request, exception)

    met: dict[int, User] = {}
    get_user = AccountBackend.get_user

    def known(backend: AccountBackend, user_id: int) -> User | None:
        if user_id not in met:
            user = get_user(backend, user_id)
            if user is None:
                return None
            met[user_id] = user
        set_database_actor(user_id)
        asking = copy(met[user_id])
        asking.forget_roles()
        asking.know_roles(clock.today(), met[user_id].roles)
        return asking

    monkeypatch.setattr(AccountBackend, "get_user", known)
    monkeypatch.setattr("casework.accounts.middleware.RENEW_SECONDS", 3600)
    monkeypatch.setattr("casework.web.context.counts", once)
    monkeypatch.setattr("casework.urls.handler404", not_found, raising=False)
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *_args, **_more: None)
    monkeypatch.setattr("drf_spectacular.generators.SchemaGenerator.get_schema", lambda *_args, **_more: {})
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def test_every_address_is_in_the_table_and_the_table_has_no_other() -> None:
    listed = {name for name, _method in written()}
    there = {route.name for route in routes()}

    assert sorted(there - listed) == []
    assert sorted(listed - there) == []


def test_every_method_of_the_api_is_in_the_table() -> None:
    listed = set(written())
    there = {(route.name, method) for route in routes() for method in route.actions}

    assert sorted(there - listed) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_address_answers_each_member_of_the_cast_as_the_table_says(clients: dict[str, Client], part: int) -> None:
    if os.environ.get("CASEWORK_WRITE_ROUTES"):
        if part == 0:
            _write(clients)
        return
    expected = {row: line for row, line in written().items() if crc32(row[0].encode()) % PARTS == part}

    found = walk(clients, expected)

    different = [
        f"{name} {method} as {who}: {found[name, method][who]}, the table says {status}"
        for (name, method), line in expected.items()
        for who, status in line.items()
        if found[name, method][who] != status
    ]
    assert different == []


def _write(clients: dict[str, Client]) -> None:
    known = objects()
    rows = [
        (route.name, method)
        for route in sorted(routes(), key=lambda route: (route.name.startswith("api:"), route.name))
        for method in methods_of(route, clients, address_of(route, known))
    ]
    lines = walk(clients, rows)
    with TABLE.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["route", "method", *CAST])
        table.writerows([name, method, *line.values()] for (name, method), line in lines.items())
