"""Who may see: by compartment, from a day to a day; recusal takes away whatever is granted."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from casework.access.enums import CompartmentKind
from casework.access.models import Grant, Recusal, compartments_of
from casework.access.policy import acts, can, get_visible, register_act, require, why_not
from casework.access.services.compartments import let_in, let_out, open_compartment, recuse
from casework.accounts.backends import AccountBackend
from casework.accounts.enums import Role
from casework.core import clock
from casework.core.errors import Invalid, NotAllowed
from casework.ledger.models import Entry
from casework.notices.models import Notice
from tests.build import a_compartment, a_user, moment
from tests.cast import Cast

AT = moment("2021-09-06 10:00")


def _known(user: object) -> set[int]:
    return set(compartments_of(user).values_list("compartment_id", flat=True))  # type: ignore[arg-type]


def test_grant_shows_and_its_end_hides(cast: Cast) -> None:
    compartment = open_compartment(CompartmentKind.CASE, "甲案", members=[cast.officer], actor=cast.approver, at=AT)
    bystander = a_compartment(cast.outsider)

    assert _known(cast.officer) == {compartment.pk}
    assert _known(cast.outsider) == {bystander.pk}

    let_out(compartment, cast.officer, actor=cast.approver, at=moment("2021-10-01 10:00"))

    assert _known(cast.officer) == set()
    assert _known(cast.approver) == {compartment.pk}
    assert _known(cast.outsider) == {bystander.pk}


def test_let_in_twice_is_one_grant_and_one_entry(cast: Cast) -> None:
    compartment = a_compartment()

    let_in(compartment, cast.officer, actor=cast.approver, at=AT)
    let_in(compartment, cast.officer, actor=cast.approver, at=AT)

    assert Grant.objects.filter(compartment=compartment).count() == 1
    assert Entry.objects.filter(kind="compartment.entered").count() == 1


@pytest.mark.parametrize("name", ["system_admin", "security_admin", "audit_admin"])
def test_administrators_never_enter_a_compartment(cast: Cast, name: str) -> None:
    compartment = a_compartment()

    with pytest.raises(Invalid):
        let_in(compartment, getattr(cast, name), actor=cast.approver, at=AT)

    assert not Grant.objects.exists()


def test_recusal_beats_grant_and_role(cast: Cast) -> None:
    compartment, other = a_compartment(cast.officer), a_compartment(cast.officer)

    recuse(compartment, cast.officer, decided_by=cast.approver, at=AT, reason="近亲属")

    assert _known(cast.officer) == {other.pk}
    assert Recusal.objects.count() == 1


def test_a_request_reads_with_its_user_what_he_holds_now(cast: Cast) -> None:
    for _number in range(3):
        a_compartment()  # so that the keys of grants, people and compartments differ
    held, recused, left, lasting, over = (a_compartment(cast.officer) for _number in range(5))
    recuse(recused, cast.officer, decided_by=cast.approver, at=AT, reason="近亲属")
    recuse(held, cast.outsider, decided_by=cast.approver, at=AT, reason="近亲属")
    let_out(left, cast.officer, actor=cast.approver, at=AT)
    now = clock.now()
    for circle, until_at in ((lasting, now + timedelta(hours=1)), (over, now - timedelta(hours=1))):
        until = now.date() + timedelta(days=2)
        Grant.objects.filter(compartment=circle).update(emergency=True, until=until, until_at=until_at)

    for user in (cast.officer, cast.outsider, cast.auditor, cast.security_admin):
        read = AccountBackend().get_user(user.pk)
        assert read is not None
        assert read.known_of is not None
        assert set(read.known_of["circles"]) == _known(user)
        roles = user.roles
        with CaptureQueriesContext(connection) as asked:
            assert read.roles == roles
        assert len(asked) == 0
    assert _known(cast.officer) == {held.pk, lasting.pk}


def test_recusal_needs_a_reason(cast: Cast) -> None:
    with pytest.raises(Invalid):
        recuse(a_compartment(), cast.officer, decided_by=cast.approver, at=AT, reason=" ")


def test_policy_refuses_role_recusal_and_check_in_words(cast: Cast) -> None:
    if "test.seal" not in acts():
        register_act(
            "test.seal",
            roles={Role.CASE_OFFICER},
            label="封存",
            check=lambda user, obj: "没有封条" if obj is None else "",
        )
    compartment = a_compartment(cast.officer)

    class Thing:
        compartment_id = compartment.pk

    assert can(cast.officer, "test.seal", Thing())
    assert why_not(cast.officer, "test.seal") == "没有封条"
    assert "没有办理这件事的职责" in why_not(cast.auditor, "test.seal", Thing())
    recuse(compartment, cast.officer, decided_by=cast.approver, at=AT, reason="近亲属")
    with pytest.raises(NotAllowed, match="回避"):
        require(cast.officer, "test.seal", Thing())


def test_act_is_registered_once() -> None:
    name = next(iter(acts()))

    with pytest.raises(ValueError, match="twice"):
        register_act(name, roles=(), label="x")


def test_absent_and_forbidden_are_the_same(cast: Cast) -> None:
    notice_rows = Notice.objects

    with pytest.raises(Http404):
        get_visible(notice_rows, cast.officer, pk=1)


def test_person_without_role_belongs_nowhere(cast: Cast) -> None:
    nobody = a_user("无职责者")

    assert nobody.roles == frozenset()
    assert not nobody.is_commission
