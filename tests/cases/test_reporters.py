"""Who reported: encrypted, under a right of its own, each look on record, and in nothing that goes out."""

import io
import json
import re
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from cases.models import Case, Reporter, ReporterRight
from cases.services.reporters import give_right, read_reporter, register_reporter, take_right
from casework.accounts.models import User
from casework.core.errors import CaseworkError, Invalid, NotAllowed
from casework.ledger.models import Entry
from tests.build import moment, tried
from tests.build_cases import DAY, a_case, walk
from tests.build_evidence import a_collection, an_item
from tests.cast import Cast

pytestmark = pytest.mark.django_db
AT = moment(f"{DAY} 15:00")
NAME, CONTACT = "周某举报者", "13900001111"


def page(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def case(cast: Cast) -> Case:
    return walk(cast, a_case(cast), "investigating")


@pytest.fixture
def reporter(cast: Cast, case: Case) -> Reporter:
    return register_reporter(
        case, way="letter", reported_on=date(2021, 8, 1), name=NAME, contact=CONTACT, note="单位职工，怕报复", actor=cast.approver, at=AT
    )  # fmt: skip


def _world(user: User, case: Case) -> dict[str, bytes]:
    """Everything about the case that the user can open, search and fetch, without the reporter's own address."""
    client = page(user)
    pages = [
        reverse(f"cases:{name}", args=[case.pk])
        for name in ("detail", "members", "history", "timeline", "work", "measures", "hearing", "cover", "interviews", "reporters")
    ]  # fmt: skip
    pages += [
        "/cases/?export=csv",
        "/cases/",
        f"/trail/case:{case.pk}/",
        "/",
    ]
    pages += [f"/api/v1/cases/{case.pk}/", f"/api/v1/cases/{case.pk}/timeline/", "/api/v1/reporters/", "/api/v1/cases/"]
    pages += [f"/api/v1/ledger/entries/?ref=case:{case.pk}"]
    found = {}
    for address in pages:
        answer = client.get(address)
        found[address] = b"".join(answer.streaming_content) if answer.streaming else answer.content
        found[f"{address} status"] = str(answer.status_code).encode()
    for word in (NAME, CONTACT):
        found[word] = b"".join(row["label"].encode() for row in client.get("/api/v1/search/", {"q": word}).json())
    return found


def test_the_identity_is_encrypted_and_the_ledger_does_not_tell_it(cast: Cast, reporter: Reporter) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select name, contact, note from cases_reporter")
        stored = cursor.fetchone()
    read_reporter(reporter, actor=cast.approver, at=AT)
    entries = Entry.objects.filter(ref=reporter.ref).order_by("pk")

    assert not any(NAME in value or CONTACT in value or "报复" in value for value in stored)
    assert [entry.kind for entry in entries] == ["reporter.registered", "reporter.read"]
    told = json.dumps([entry.payload for entry in entries], ensure_ascii=False)
    assert NAME not in told
    assert CONTACT not in told
    assert Reporter.objects.get().name == NAME


def test_without_the_right_nobody_finds_him(cast: Cast, case: Case, reporter: Reporter) -> None:
    for role in ("officer", "second_officer", "auditor", "outsider", "intake", "security_admin"):
        with tried(role):
            _does_not_find(cast.everyone()[role], case, reporter)


def _does_not_find(user: User, case: Case, reporter: Reporter) -> None:
    address = reverse("cases:reporter", args=[case.pk, reporter.pk])
    world = _world(user, case)
    assert [place for place, body in world.items() if "周某" in body.decode(errors="replace")] == []
    assert world[NAME] == world[CONTACT] == b""
    assert page(user).get(address).status_code == 404
    assert page(user).post(address, {"act": "give"}).status_code in {403, 404}
    assert page(user).get(reverse("cases:reporters", args=[case.pk])).status_code == 404
    assert api(user).get("/api/v1/reporters/").json().get("results", []) == []
    assert api(user).get(f"/api/v1/reporters/{reporter.pk}/").status_code == 404
    with pytest.raises(NotAllowed):
        read_reporter(reporter, actor=user, at=AT)
    assert not Entry.objects.filter(kind="reporter.read").exists()


def test_who_holds_the_right_finds_him_on_his_page_alone(
    cast: Cast, case: Case, reporter: Reporter, tmp_path: Path
) -> None:
    an_item(cast, collection=a_collection(cast, compartment=case.compartment))
    world = _world(cast.approver, case)
    assert [place for place, body in world.items() if "周某" in body.decode(errors="replace")] == []
    assert world[NAME] == world[CONTACT] == b""
    listed = api(cast.approver).get("/api/v1/reporters/").json()["results"]
    shown = page(cast.approver).get(reverse("cases:reporter", args=[case.pk, reporter.pk]))
    over_api = api(cast.approver).get(f"/api/v1/reporters/{reporter.pk}/")

    assert [set(row) & {"name", "contact", "note"} for row in listed] == [set()]
    assert NAME in shown.content.decode()
    assert over_api.json()["name"] == NAME
    assert Entry.objects.filter(kind="reporter.read", ref=reporter.ref).count() == 2
    call_command("bundle", case.number, str(tmp_path / "b"), stdout=io.StringIO())
    files = [path.read_bytes() for path in (tmp_path / "b").rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not any(NAME.encode() in content or CONTACT.encode() in content for content in files)


def test_the_right_is_given_and_taken_with_a_reason(cast: Cast, case: Case, reporter: Reporter) -> None:
    bystander = register_reporter(
        a_case(cast, title="邻案"), way="phone", reported_on=date(2021, 8, 2), name="另一人", actor=cast.approver, at=AT
    )
    for wrong in (
        lambda: give_right(reporter, cast.officer, actor=cast.approver, at=AT, reason=" "),
        lambda: give_right(reporter, cast.outsider, actor=cast.approver, at=AT, reason="核实"),
        lambda: give_right(reporter, cast.officer, actor=cast.officer, at=AT, reason="核实"),
        lambda: register_reporter(
            case, way="letter", reported_on=date(2021, 8, 1), name="某", actor=cast.officer, at=AT
        ),
    ):
        with pytest.raises(CaseworkError):
            wrong()
    with pytest.raises(Invalid):
        register_reporter(case, way="letter", reported_on=date(2099, 1, 1), name=" ", actor=cast.approver, at=AT)

    give_right(reporter, cast.officer, actor=cast.approver, at=AT, reason="当面核实")
    give_right(reporter, cast.officer, actor=cast.approver, at=AT, reason="再说一次")
    assert list(Reporter.objects.visible_to(cast.officer)) == [reporter]
    assert page(cast.officer).get(reverse("cases:reporter", args=[case.pk, reporter.pk])).status_code == 200
    assert page(cast.second_officer).get(reverse("cases:reporter", args=[case.pk, reporter.pk])).status_code == 404

    take_right(reporter, cast.officer, actor=cast.approver, at=AT, reason="核实完毕")
    assert not Reporter.objects.visible_to(cast.officer).exists()
    assert page(cast.officer).get(reverse("cases:reporter", args=[case.pk, reporter.pk])).status_code == 404
    assert ReporterRight.objects.filter(reporter=bystander, until_at=None).count() == 1


def test_the_page_and_the_api_register_and_share(cast: Cast, case: Case) -> None:
    client, address = page(cast.approver), reverse("cases:reporters", args=[case.pk])
    bad = client.post(address, {"way": "letter", "reported_on": "2021-8-1", "name": ""})
    done = client.post(address, {"way": "letter", "reported_on": "2021-8-1", "name": NAME, "contact": CONTACT})
    row = Reporter.objects.get()
    shared = client.post(
        reverse("cases:reporter", args=[case.pk, row.pk]), {"act": "give", "user": cast.officer.pk, "reason": "核实"}
    )
    body = {"case": case.pk, "way": "net", "reported_on": "2021-08-02", "name": "匿名"}
    made = api(cast.approver).post("/api/v1/reporters/", body, format="json")
    place = f"/api/v1/reporters/{made.json()['id']}"
    right = {"user": cast.second_officer.pk, "reason": "核实"}

    assert (bad.status_code, done.status_code, shared.status_code) == (409, 302, 302)
    assert Reporter.objects.visible_to(cast.officer).get() == row
    assert made.status_code == 201
    assert "name" not in made.json()
    assert api(cast.officer).post("/api/v1/reporters/", body, format="json").status_code == 403
    assert api(cast.outsider).post("/api/v1/reporters/", body, format="json").status_code == 404
    assert api(cast.auditor).post("/api/v1/reporters/", body, format="json").status_code == 403
    assert api(cast.officer).post(f"{place}/share/", right, format="json").status_code == 404
    assert api(cast.approver).post(f"{place}/share/", right, format="json").status_code == 201
    assert api(cast.second_officer).get(f"{place}/").json()["name"] == "匿名"
    assert api(cast.approver).post(f"{place}/unshare/", right, format="json").status_code == 204
    assert api(cast.second_officer).get(f"{place}/").status_code == 404


def test_no_form_that_names_a_reporter_is_noted_in_the_browser(cast: Cast, case: Case, reporter: Reporter) -> None:
    give_right(reporter, cast.officer, actor=cast.approver, at=AT, reason="当面核实")
    client, forms = page(cast.approver), 0
    for name, numbers in (("reporters", [case.pk]), ("reporter", [case.pk, reporter.pk])):
        text = client.get(reverse(f"cases:{name}", args=numbers)).content.decode()
        for form in re.findall(r"<form[^>]*>", text.partition("<main")[2].partition("</main>")[0]):
            forms += 1
            assert "data-unkept" in form, form
    assert forms >= 3
