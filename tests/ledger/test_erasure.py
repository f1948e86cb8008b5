"""Personal values are erased by two others than the one who asked; every proof stays, a forged value is rejected."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from casework.accounts.enums import Role
from casework.core import crypto
from casework.core.errors import Invalid, NotAllowed, Refused
from casework.ledger.models import Disclosure, Entry, Erasure, ErasureApproval
from casework.ledger.record import disclosed, record
from casework.ledger.refs import Resolved, register_ref
from casework.ledger.services.erasures import approve_erasure, ask_erasure, erasures_for
from casework.ledger.web.proof import proof_of
from tests.build import a_user, moment
from tests.cast import Cast

AT = moment("2021-12-16 09:00")
BASIS = "个人信息保护法第四十七条第一款"
register_ref("paper", lambda pk, user: Resolved(f"卷 {pk}", "/") if user.is_commission else None)


@pytest.fixture
def entry(cast: Cast) -> Entry:
    """An entry with two personal values; a bystander with one of the same name."""
    with transaction.atomic():
        record("paper.filed", ref="paper:2", actor=cast.officer, at=AT, data={}, personal={"holder": "吴某某"})
        return record(
            "paper.filed",
            ref="paper:1",
            actor=cast.officer,
            at=AT,
            data={},
            personal={"holder": "丁某某", "phone": "138"},
        )


def test_two_others_approve_and_the_value_is_gone_for_good(entry: Entry, cast: Cast) -> None:
    second = a_user("分管领导乙", Role.APPROVER)
    asked = ask_erasure(entry, ["holder"], basis=BASIS, actor=cast.officer, at=AT, reason="本人请求，目的已实现")
    before = bytes(Entry.objects.get(pk=entry.pk).header)

    for nobody in (cast.officer, cast.custodian, cast.unit_leader):
        with pytest.raises(NotAllowed):
            approve_erasure(asked, actor=nobody, at=AT)
    approve_erasure(asked, actor=cast.auditor, at=AT)
    with pytest.raises(NotAllowed):
        approve_erasure(asked, actor=cast.auditor, at=AT)
    assert disclosed(entry)["holder"] == "丁某某"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select ledger.erase(%s)", [asked.pk])  # one approval is not enough for the database either
    approve_erasure(asked, actor=second, at=AT)

    assert disclosed(entry) == {"phone": "138"}
    assert Disclosure.objects.count() == 2
    assert bytes(Entry.objects.get(pk=entry.pk).header) == before
    assert proof_of(entry).state == "pending"  # not failed: bytes, hash and sequence still agree
    done = Entry.objects.get(kind="disclosure.erased")
    assert done.stream == "paper:1"
    assert done.payload["data"]["digests"] == {"holder": entry.payload["_sd"]["holder"]}
    assert done.payload["data"]["approvers"] == [cast.auditor.pk, second.pk]
    assert "丁某某".encode() not in bytes(done.header)
    with pytest.raises(Refused):
        approve_erasure(asked, actor=a_user("分管领导丙", Role.APPROVER), at=AT)
    # Another value in its place does not have the committed digest.
    Disclosure.objects.create(
        entry_id=entry.pk,
        name="holder",
        digest=entry.payload["_sd"]["holder"],
        sealed_value=crypto.encrypt("00|虞某", "ledger.disclosure"),
    )
    assert disclosed(entry) == {"phone": "138"}


@pytest.mark.parametrize(
    ("names", "basis", "reason"),
    [([], BASIS, "x"), (["post"], BASIS, "x"), (["holder"], " ", "x"), (["holder"], BASIS, "")],
)
def test_an_erasure_without_object_basis_or_reason_is_refused(
    entry: Entry, cast: Cast, names: list[str], basis: str, reason: str
) -> None:
    with pytest.raises(Invalid):
        ask_erasure(entry, names, basis=basis, actor=cast.officer, at=AT, reason=reason)

    assert not Erasure.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "delete from ledger.disclosure",
        "update ledger.disclosure set sealed_value = 'x'",
        "delete from ledger.erasure",
        "update ledger.erasure set names = array['phone']",
        "delete from ledger.erasure_approval",
    ],
)
def test_nothing_of_it_can_be_changed_behind_its_back(entry: Entry, cast: Cast, statement: str) -> None:
    asked = ask_erasure(entry, ["holder"], basis=BASIS, actor=cast.officer, at=AT, reason="x")
    ErasureApproval.objects.create(erasure_id=asked.pk, user_id=cast.officer.pk, at=AT)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select ledger.erase(%s)", [asked.pk])  # the asker's own approval does not count


def test_whoever_may_approve_finds_it_on_his_home_page_until_he_has(entry: Entry, cast: Cast) -> None:
    def home(user: Any) -> bool:
        client = Client()
        client.force_login(user)
        return (
            reverse("ledger:entry", args=[entry.pk])
            in client.get("/").content.decode().split("该我办的")[1].split("</section>")[0]
        )

    assert not home(cast.auditor)
    asked = ask_erasure(entry, ["holder"], basis=BASIS, actor=cast.officer, at=AT, reason="本人请求，目的已实现")
    assert {name: home(getattr(cast, name)) for name in ("officer", "auditor", "approver", "custodian")} == {
        "officer": False, "auditor": True, "approver": True, "custodian": False,
    }  # fmt: skip
    approve_erasure(asked, actor=cast.auditor, at=AT)
    assert (home(cast.auditor), home(cast.approver)) == (False, True)
    approve_erasure(asked, actor=cast.approver, at=AT)
    assert not home(cast.approver)
    assert erasures_for(a_user("分管领导丙", Role.APPROVER)) == []


def test_on_the_page(entry: Entry, cast: Cast) -> None:
    page = reverse("ledger:entry", args=[entry.pk])

    def of(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    officer, auditor, approver = of(cast.officer), of(cast.auditor), of(cast.approver)
    form = {"names": ["holder"], "basis": BASIS, "reason": "本人请求"}
    assert officer.post(reverse("ledger:erasure", args=[entry.pk]), {**form, "basis": ""}).status_code == 400
    assert of(cast.unit_leader).post(reverse("ledger:erasure", args=[entry.pk]), form).status_code == 404
    assert officer.post(reverse("ledger:erasure", args=[entry.pk]), form).status_code == 302
    asked = Erasure.objects.get()
    approve = reverse("ledger:erasure-approve", args=[asked.pk])
    assert officer.post(approve).status_code == 403
    assert of(cast.unit_leader).post(approve).status_code == 404
    assert officer.post(reverse("ledger:erasure-approve", args=[asked.pk + 9])).status_code == 404
    assert "还要 2 人批准" in officer.get(page).content.decode()
    assert auditor.post(approve).status_code == 302
    assert approver.post(approve).status_code == 302

    text = officer.get(page).content.decode()
    assert all(
        word in text for word in ("已依法删除", BASIS, "本人请求", "换不进来", cast.auditor.name, cast.approver.name)
    )
    assert "丁某某" not in text
