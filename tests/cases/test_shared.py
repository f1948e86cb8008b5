"""What cases share: only over what the reader sees; decisions are kept, and the ledger of a case does not name the other."""

import pytest
from django.test import Client

from cases.enums import SharedSaid, Stance
from cases.models import Case, SharedVerdict
from cases.selectors.shared import MOST_NODES, Relations, Shared, graph_of, relations
from cases.services.shared import judge_shared
from casework.access.models import Grant
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError, NotAllowed
from casework.ledger.models import Entry
from evidence.models import Device
from tests.build_cases import a_case, a_proved_fact, a_suspect
from tests.build_evidence import a_collection, an_item
from tests.cast import Cast
from units.models import Person

pytestmark = pytest.mark.django_db
WALLET = "0x" + "ab12" * 10


def cite(cast: Cast, case: Case, pool: str, serial: str = "") -> None:
    item = an_item(cast, collection=a_collection(cast, compartment=case.compartment))
    Device.objects.filter(item=item).update(pool=pool, serial=serial)
    fact = a_proved_fact(cast, case, a_suspect(cast, case, name=f"甲{case.pk}"))
    case.exhibits.create(item=item, fact=fact, stance=Stance.FOR, label="证", by=cast.officer, at=clock.now())


def two_cases(cast: Cast) -> tuple[Case, Case]:
    one, two = a_case(cast, title="甲案"), a_case(cast, title="乙案")
    cite(cast, one, f"pool.example.org:3333 {WALLET.upper().replace('0X', '0x')}", serial="SN-1")
    cite(cast, two, f"stratum+tcp://pool.example.org {WALLET}", serial="SN-2")
    return one, two


def said(user: User, **narrowed: str) -> set[tuple[str, str]]:
    return {(pair.shared.kind, pair.shared.label) for pair in relations(user, **narrowed).pairs}  # type: ignore[arg-type]


def test_cases_share_wallets_pools_and_people_and_not_what_differs(cast: Cast) -> None:
    one, two = two_cases(cast)
    unit = one.unit
    assert unit is not None
    person = Person.objects.create(unit=unit, name="金某某")
    for case in (one, two):
        suspect = a_suspect(cast, case, name="金某某")
        type(suspect).objects.filter(pk=suspect.pk).update(person=person)
    found = said(cast.officer)
    assert {("wallet", WALLET), ("pool", "pool.example.org"), ("person", "金某某")} <= found
    assert not any(kind == "serial" for kind, _label in found)
    assert said(cast.officer, kind="wallet") == {("wallet", WALLET)}


def test_nobody_learns_of_a_case_that_he_may_not_see(cast: Cast) -> None:
    _one, two = two_cases(cast)
    assert ("wallet", WALLET) in said(cast.auditor)
    Grant.objects.filter(compartment=two.compartment, user=cast.officer).delete()
    for user in (cast.officer, cast.outsider, cast.custodian, cast.unit_leader, cast.system_admin):
        assert said(user) == set()
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    page = client.get("/cases/shared/").content.decode()
    assert WALLET not in page
    assert two.number not in page


def test_a_decision_is_kept_and_each_ledger_is_silent_on_the_other_case(cast: Cast) -> None:
    one, two = two_cases(cast)
    words = {"kind": "wallet", "value": WALLET, "actor": cast.officer, "at": clock.now()}
    judge_shared(two, one, verdict=SharedSaid.SAME, reason="同一钱包收款", **words)  # type: ignore[arg-type]
    judge_shared(one, two, verdict=SharedSaid.CHANCE, **words)  # type: ignore[arg-type]
    (pair,) = relations(cast.officer, kind="wallet").pairs
    assert pair.verdict is not None
    assert pair.verdict.verdict == SharedSaid.CHANCE
    assert relations(cast.officer, kind="wallet", verdict="open").pairs == []
    entries = Entry.objects.filter(kind="case.shared_judged")
    assert sorted(entries.values_list("ref", flat=True)) == sorted([f"case:{one.pk}", f"case:{two.pk}"] * 2)
    for entry in entries.filter(ref=f"case:{one.pk}"):
        assert two.number not in str(entry.payload)
        assert WALLET not in str(entry.payload)
    with pytest.raises(CaseworkError):
        judge_shared(one, two, verdict="same", kind="wallet", value="0x00", actor=cast.officer, at=clock.now())
    with pytest.raises(NotAllowed):
        judge_shared(one, two, verdict="same", kind="wallet", value=WALLET, actor=cast.auditor, at=clock.now())
    assert SharedVerdict.objects.count() == 2


def test_the_page_decides_and_hides(cast: Cast) -> None:
    one, two = two_cases(cast)
    client = Client()
    client.force_login(cast.officer, backend="casework.accounts.backends.AccountBackend")
    page = client.get("/cases/shared/", {"kind": "wallet", "case": str(one.pk)})
    assert WALLET in page.content.decode()
    form = {"kind": "wallet", "value": WALLET, "verdict": "same", "reason": "<b>"}
    assert client.post(f"/cases/{one.pk}/shared/{two.pk}/", form).status_code == 302
    assert "&lt;b&gt;" in client.get("/cases/shared/").content.decode()
    client.force_login(cast.outsider, backend="casework.accounts.backends.AccountBackend")
    assert client.post(f"/cases/{one.pk}/shared/{two.pk}/", form).status_code == 404
    assert SharedVerdict.objects.count() == 1


def test_the_picture_holds_no_more_than_can_be_read() -> None:
    cases = {n: Case(pk=n, number=f"{n}号", title="某案") for n in range(400)}
    things = [Shared("wallet", f"w{n}", f"w{n}", (n, n + 1)) for n in range(399)]
    picture = graph_of(Relations(things, [], cases), dict.fromkeys(cases, "/"))
    assert 290 < len(picture["nodes"]) <= MOST_NODES
    known = {node["id"] for node in picture["nodes"]}
    assert all({link["source"], link["target"]} <= known for link in picture["links"])
