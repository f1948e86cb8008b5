"""The narrow channels of the threat model, each with and without something hidden: what an outsider gets is the same.

S7 refusals of deletion, S8 what may be chosen and what OPTIONS tell, S9 the calendar, S12 stored bytes and counters,
S13 what logs, queue and metrics say. docs/threat-model.md names the test of every channel.
"""

import logging
import re
from functools import cache
from typing import Any, get_type_hints
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from cases.models import Case
from cases.services.cases import file_case
from cases.services.inspections import arrive_at_site
from cases.services.operation import call_for_help
from casework.access.services.compartments import let_in
from casework.accounts.enums import Role
from casework.celery import app as celery
from casework.core import clock
from casework.core.data import read_yaml
from casework.core.errors import NotReady
from casework.imports.models import ImportRun
from casework.imports.services import apply_run, read_file, undo_run
from casework.ledger.models import Entry
from casework.notices.services.preferences import make_feed
from casework.notices.services.sending import send_due
from evidence.models import Item, ItemFile
from tests.build import a_compartment, a_user, moment, tried
from tests.build_cases import a_case, a_record, a_suspect, a_unit, an_inspection, the_inspectors
from tests.build_evidence import a_collection, an_item
from tests.build_units import a_block, a_list, a_sighting
from tests.cases.test_secrecy_everywhere import CHANGING, SCHEMA, _ask, _client
from tests.cast import Cast
from tests.evidence.test_uploads import api, create, send
from units.models import AddressBlock, Person, Registration, Sighting, Unit
from units.selectors.holders import who_held

pytestmark = pytest.mark.django_db
LATER = moment("2021-09-19 09:00")
HEAD = "代码,单位名称,单位类别,行政区划代码\n"
UNITS = HEAD + "T1,检查单位1,学校,330604\nT2,检查单位2,学校,330604\n"
PEOPLE = "单位代码,姓名\nT1,丁某某\nT1,王某某\n"
#: What only those who know may read.
WORDS = ("检查单位1", "网络安全联合检查", "突击", "丁某某", "浙突查", "10.1.1.7", "挖矿", "人手不够")


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages tell the minute: both worlds are asked at the same one."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)


def _taken(text: str, kind: str) -> ImportRun:
    return apply_run(read_file(text.encode(), kind, actor=None, at=LATER), actor=None, at=LATER)


def _taken_back(run: ImportRun, text: str, cast: Cast, pages: list[str]) -> list[Any]:
    """What a keeper of the register sees who takes the list back, looks around, and reads the same list again."""
    client, seen = _client(cast.intake), []
    with tried(run):
        answer = client.post(reverse("imports:undo", args=[run.pk]), {"reason": "发错了"})
        seen += [(answer.status_code, answer.headers.get("Location"))]
        seen += [_ask(client, page) for page in pages]
        again = read_file(text.encode(), run.kind, actor=cast.intake, at=LATER)
        seen += [(again.created, again.updated, again.unchanged, again.refused)]
    return seen


@pytest.mark.parametrize(("kind", "text"), [("units", UNITS), ("people", PEOPLE)])
def test_a_list_is_taken_back_whatever_is_hidden_on_it(cast: Cast, kind: str, text: str) -> None:
    """S7: neither a refusal nor what stays behind tells the keeper of a case or of an inspection."""
    if kind == "people":
        _taken(UNITS, "units")
    run, bystander = _taken(text, kind), a_unit("别的学校", code="B1")
    unit, person = Unit.objects.get(code="T1"), Person.objects.filter(name="丁某某").first()
    pages = [
        reverse("imports:run", args=[run.pk]), f"/units/{unit.pk}/", f"/people/{person.pk if person else 0}/",
        "/units/", "/people/", "/search/?q=检查单位1", "/search/?q=丁某某", "/search/suggest/?q=检查", "/api/v1/units/",
    ]  # fmt: skip
    before = _taken_back(run, text, cast, pages)
    case = a_case(cast, unit=unit)
    a_suspect(cast, case, person=person)
    if kind == "units":
        an_inspection(cast)

    assert _taken_back(run, text, cast, pages) == before
    assert (before[0][0], before[-1][0]) == (302, 2)
    undo_run(run, actor=cast.intake, at=LATER)
    # Those who know go on with what they have, the ledger says why it is there, and the list can come again.
    assert set(Unit.objects.values_list("code", flat=True)) == {"B1"} | (set() if kind == "units" else {"T1", "T2"})
    assert not Person.objects.exists()
    known = Case.objects.get(pk=case.pk)
    assert known.unit is not None
    assert known.unit.name == "检查单位1"
    assert "检查单位1" in _client(cast.officer).get(f"/cases/{case.pk}/").content.decode()
    assert Entry.objects.filter(kind="register.kept").count() == (2 if kind == "units" else 1)
    assert _taken(text, kind).created == 2
    assert Unit.objects.get(code="B1") == bystander


BLOCKS = "网段,单位代码,启用日期,停用日期\n10.9.0.0/24,B1,2020-01-01,\n10.9.1.0/24,B1,2020-01-01,\n"
DEVICES = "单位代码,设备,用途,起始日期,网段\nB1,一号机,教学,2020-01-01,10.9.0.0/24\nB1,二号机,教学,2020-01-01,\n"


@pytest.mark.parametrize(("kind", "text"), [("address-blocks", BLOCKS), ("registrations", DEVICES)])
def test_a_list_of_claims_is_taken_back_whatever_was_seen_on_them(cast: Cast, kind: str, text: str) -> None:
    """S7: that a monitor of a circle saw something there is no business of the keeper's."""
    unit = a_unit("别的学校", code="B1")
    bystander = a_block(unit, "10.1.0.0/16")
    model: Any = AddressBlock if kind == "address-blocks" else Registration
    run = _taken(text, kind)
    first = model.objects.get(network="10.9.0.0/24")
    pages = [
        reverse("imports:run", args=[run.pk]), f"/units/{unit.pk}/", "/addresses/",
        "/addresses/registrations/", f"/addresses/registrations/{first.pk}/", "/api/v1/address-blocks/", "/search/?q=10.9.0",
    ]  # fmt: skip
    before = _taken_back(run, text, cast, pages)
    one = "block" if model is AddressBlock else "registration"
    seen = a_sighting(a_list(a_compartment(cast.officer)), "10.9.0.7", **{one: first})

    assert _taken_back(run, text, cast, pages) == before
    assert (before[0][0], before[-1][0]) == (302, 2)
    undo_run(run, actor=cast.intake, at=LATER)
    assert getattr(Sighting.objects.get(pk=seen.pk), one) == first
    assert not model.objects.exclude(pk=bystander.pk).exists()
    assert who_held("10.9.0.7", LATER).holders == []
    assert Entry.objects.filter(kind="register.kept").count() == 1
    assert _taken(text, kind).created == 2


def test_what_the_keeper_knows_still_holds_a_list_and_is_named(cast: Cast) -> None:
    run = _taken(UNITS, "units")
    case = a_case(cast, unit=Unit.objects.get(code="T1"))
    a_case(cast, unit=Unit.objects.get(code="T1"), title="他不知道的案件")
    let_in(case.compartment, cast.intake, actor=cast.approver, at=LATER)

    with pytest.raises(NotReady) as refusal:
        undo_run(run, actor=cast.intake, at=LATER)

    assert [one.text for one in refusal.value.missing] == [f"1 条案件，例如“{case}”"]


def _same_key() -> int:
    """Let the next row of every hidden kind bear one and the same key, one that nothing else has; return it."""
    with connection.cursor() as cursor:
        cursor.execute("select max(last_value) + 1 from pg_sequences where last_value < 200000")
        most = cursor.fetchone()[0]
        for name in (model._meta.db_table for model in (*apps.get_app_config("cases").get_models(), Item, ItemFile)):
            cursor.execute(
                "select max(nextval(s.name)) from pg_get_serial_sequence(%s, 'id') s(name), lateral (select nextval(s.name)"
                " as reached) r, generate_series(1, greatest(%s - r.reached, 0)) n",
                [name, most],
            )
    return int(most) + 1


@cache
def _writes() -> list[tuple[str, str, Any]]:
    """Every writing operation of the schema: method, path, and the schema of what it takes."""
    whole = read_yaml(SCHEMA)
    parts = whole["components"]["schemas"]

    def plain(schema: Any) -> Any:
        schema = parts[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
        return plain(schema["allOf"][0]) if "allOf" in schema else schema

    def example(schema: Any, key: int) -> Any:
        schema = plain(schema)
        kind = schema.get("type", "string")
        kind = kind[0] if isinstance(kind, list) else kind
        if "enum" in schema:
            return schema["enum"][0]
        if kind == "object":
            return {name: example(inner, key) for name, inner in schema.get("properties", {}).items()}
        if kind == "array":
            return [example(schema.get("items", {}), key)]
        if kind == "string":
            return {"date": "2021-09-18", "date-time": "2021-09-18T09:00:00+08:00"}.get(schema.get("format", ""), "某")
        if kind == "integer":
            return 1 if schema.get("maximum", key) < key + 100 else key  # what is bounded is no key
        return kind == "boolean"

    found = []
    for path, operations in whole["paths"].items():
        for method in ("post", "patch", "put", "delete"):
            if method in operations and _ours(path):
                content = operations[method].get("requestBody", {}).get("content", {})
                taken = next((one["schema"] for one in content.values() if "schema" in one), {"type": "object"})
                found.append((method, path, lambda key, taken=taken: example(taken, key)))
    return found


def _ours(path: str) -> bool:
    """Whether the operation is one of cases or evidence: what may be hidden is theirs."""
    try:
        view = resolve(re.sub(r"\{(\w+)\}", lambda one: str(UUID(int=1)) if one[1] == "key" else "1", path)).func
    except Resolver404:
        return True  # its address has more to it than keys
    return view.__module__.startswith(("cases", "evidence"))


def _said(client: APIClient, method: str, path: str, body: Any, key: int) -> tuple[int, str]:
    address = re.sub(r"\{[^}]+\}", str(key), path)
    with transaction.atomic():
        send = getattr(client, method)
        answer = send(address, body, format="json", headers={"If-Match": "1"})
        transaction.set_rollback(True)
    said = CHANGING.sub("", answer.content.decode(errors="replace"))
    return answer.status_code, _without(key, said)


def _without(key: int, text: str) -> str:
    """Put a word in place of the number where it stands alone: not in 10, and not in the v1 of the API's addresses."""
    return re.sub(rf"\b{key}\b", "KEY", text)


def test_no_key_that_is_sent_tells_what_is_there(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    """S8: every writing operation and every OPTIONS of the API hear the key of a hidden row and one of nothing alike."""
    key = _same_key()
    case = a_case(cast)
    a_record(cast, case, suspect=a_suspect(cast, case))
    inspection = an_inspection(cast)
    hidden = {case.pk, inspection.pk, *Item.objects.values_list("pk", flat=True)[:1]}
    assert hidden == {key}
    client, absent = api(cast.outsider), key + 90
    told: list[tuple[str, str]] = []
    caplog.set_level(logging.CRITICAL, "django.request")

    for method, path, example in _writes():
        said = _said(client, method, path, example(key), key)
        if said[0] >= 500 or said != _said(client, method, path, example(absent), absent):
            told.append((method, path))
    # OPTIONS look at a row where something can be put.
    for path in sorted(path for method, path, _example in _writes() if method == "put"):
        said = _said(client, "options", path, {}, key)
        if said[0] >= 500 or said != _said(client, "options", path, {}, absent):
            told.append(("options", path))

    assert told == []
    assert len(_writes()) > 100


#: Pages with something to choose on them, of the reader's own case and of none.
_OWN = (
    "members", "suspect-add", "fact-add", "interview-add", "work", "measures", "intervention", "timeline",
)  # fmt: skip
_FREE = ("file", "ties", "shared", "inspection-plan")


def test_forms_offer_the_same_choices_and_the_calendar_the_same_days(cast: Cast) -> None:
    """S8, S9: the forms of an outsider's own case, what completes a name he types, and what his calendar fetches."""
    other, leader = (
        a_user(name, role) for name, role in (("承办人戊", Role.CASE_OFFICER), ("分管领导丁", Role.APPROVER))
    )
    unit, people = a_unit("检查单位1"), the_inspectors()
    a_unit("检查单位2")
    mine = file_case(
        None, title="自己的案件", unit=unit, kind="both", members=[other, leader], actor=cast.outsider, at=LATER
    )
    client = _client(cast.outsider)
    places = [reverse(f"cases:{name}", args=[mine.pk]) for name in _OWN] + [reverse(f"cases:{name}") for name in _FREE]
    places += [f"/search/suggest/?q={word}" for word in ("检查", "丁某某", "浙纪立")]
    places += [f"/calendar/{make_feed(cast.outsider, actor=cast.outsider, at=LATER)}.ics"]

    def seen() -> list[Any]:
        return [(place, *(_STAMP.sub("", str(part)) for part in _ask(client, place))) for place in places]

    before = seen()
    a_record(cast, case := a_case(cast, unit=unit), suspect=a_suspect(cast, case))
    an_inspection(cast)

    assert seen() == before
    assert {one[1] for one in before} == {"200"}
    assert people


_STAMP = re.compile(r"DTSTAMP:\S+")
_OF_ITS_OWN = re.compile(r"([0-9a-f]{4} ?){16}|[0-9a-f]{8}-[0-9a-f-]{27}|\d+")


def test_bytes_that_somebody_else_keeps_are_taken_like_any_others(cast: Cast) -> None:
    """S6, S12: an upload costs and says the same whether or not a hidden item holds those bytes; nothing is counted."""
    mine = an_item(cast, collection=a_collection(cast, compartment=a_compartment(cast.outsider, cast.officer)))
    hidden = an_item(cast, collection=a_collection(cast, compartment=a_compartment(cast.officer)))
    kept, new = b"k" * 5000, b"n" * 5000
    create(cast.officer, hidden, len(kept))
    url = create(cast.officer, hidden, len(kept)).headers["Location"]
    send(cast.officer, url, 0, kept)
    assert hidden.files.count() == 1

    said = []
    for content in (kept, new):
        with tried(content[:1]):
            opened = create(cast.outsider, mine, len(content))
            url = opened.headers["Location"]
            answers = [opened, send(cast.outsider, url, 0, content), api(cast.outsider).get(url)]
            answers += [_client(cast.outsider).get(f"/evidence/{mine.pk}/")]
            said.append([(one.status_code, *_told(one)) for one in answers])

    for one, other in zip(*said, strict=True):
        assert one == other
    assert [one[0] for one in said[0]] == [201, 204, 200, 200]
    assert not [
        name
        for one in said
        for answer in one
        for name in answer[1]
        if re.search("limit|quota|retry", name, re.IGNORECASE)
    ]


def _told(answer: Any) -> tuple[list[str], str, str]:
    body = CHANGING.sub("", answer.content.decode())
    values = str(
        [value for name, value in sorted(answer.headers.items()) if name not in {"Content-Length", "X-Request-ID"}]
    )
    return sorted(answer.headers), _OF_ITS_OWN.sub("N", values), _OF_ITS_OWN.sub("N", body)


def test_logs_and_metrics_name_nothing(cast: Cast, caplog: pytest.LogCaptureFixture, settings: Settings) -> None:
    """S13: those who run the machines read numbers of rows, the same lines for what is hidden and for what is not."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody answers: what goes wrong is written down
    caplog.set_level(logging.INFO)
    before = _metrics()

    case = a_case(cast)
    a_record(cast, case, suspect=a_suspect(cast, case))
    site = an_inspection(cast).teams.get(number=1).sites.get()
    arrive_at_site(site, actor=cast.inspector, at=moment("2021-09-06 09:00"))
    call_for_help(site, "人手不够", actor=cast.inspector, at=moment("2021-09-06 09:10"))
    send_due(moment("2021-09-06 09:20"))
    told = caplog.text
    asked = [_lines(cast, caplog, pk) for pk in (site.pk, site.pk + 10_000_000)]

    assert "notice " in told
    assert [word for word in WORDS if word in told + caplog.text] == []
    assert asked[0] == asked[1]
    assert len(asked[0]) == 2
    assert _metrics() == before


def _metrics() -> list[str]:
    """Return what is measured, without the values."""
    return [line.rsplit(" ", 1)[0] for line in Client().get("/metrics").content.decode().splitlines()]


def _lines(cast: Cast, caplog: pytest.LogCaptureFixture, pk: int) -> list[str]:
    client = _client(cast.outsider)
    caplog.clear()
    for path in (f"/inspections/sites/{pk}/", f"/api/v1/inspection-sites/{pk}/"):
        client.get(path)
    return [_without(pk, one.getMessage()) for one in caplog.records]


def test_the_queue_carries_numbers_of_rows_and_nothing_else() -> None:
    """S13: what a worker's inspection shows of a task (name, arguments, result) is a name of ours and whole numbers."""
    celery.loader.import_default_modules()
    ours = [task for name, task in celery.tasks.items() if not name.startswith("celery.")]
    for task in ours:
        hints = get_type_hints(task.run)
        assert hints.pop("return") in {int, type(None)}, task.name
        assert {name: kind for name, kind in hints.items() if name != "_"} == dict.fromkeys(set(hints) - {"_"}, int)
    assert len(ours) > 10
