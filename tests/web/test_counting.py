"""Counts of many querysets by one look."""

from datetime import timedelta
from typing import Any

import pytest

from casework.access.models import Grant
from casework.accounts.enums import Role
from casework.accounts.models import Appointment, User
from casework.core import clock
from casework.web.counting import Kept, Rows, count_together, for_anybody, rows_of
from casework.web.nav import counts, places, rows_wanted
from tests.build_cases import a_case, an_inspection
from tests.cast import Cast


def test_all_counts_come_from_one_query(cast: Cast, django_assert_num_queries: Any) -> None:
    everybody, officer = User.objects.all(), User.objects.filter(pk=cast.officer.pk)
    wanted = {
        "all": [everybody],
        "both": [officer, everybody.order_by("name")],
        "none": [User.objects.none()],
        "nothing": [],
        "twice": [officer.distinct()],
    }
    total = everybody.count()
    with django_assert_num_queries(1):
        found = count_together(wanted)
    assert found == {"all": total, "both": total + 1, "none": 0, "nothing": 0, "twice": 1}


def test_nothing_to_count_asks_nothing(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert count_together({"none": [User.objects.none()]}) == {"none": 0}


@pytest.mark.parametrize("who", ["officer", "approver", "auditor", "custodian", "system_admin"])
def test_a_side_bar_costs_one_query(cast: Cast, who: str, django_assert_num_queries: Any) -> None:
    user: User = getattr(cast, who)
    assert user.roles
    with django_assert_num_queries(1):
        counted = counts(user, others=lambda reader: User.objects.filter(pk=reader.pk))
        assert places(user, "/", counted)
    assert counted["others"] == 1


def test_what_is_kept_counts_for_each_reader_what_the_reader_knows_now(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    case = a_case(cast)
    an_inspection(cast)
    kept, before = Kept(), clock.now()
    for user in cast.everyone().values():
        assert user.roles
        wanted = rows_wanted(user)
        assert for_anybody(wanted, user) is not None, user.name  # else every page puts it together anew
        for _time in range(2):
            assert kept.count(wanted, user) == count_together(rows_of(wanted, user))

    own: dict[str, Rows] = {"own": lambda user: User.objects.filter(organisation=user.organisation_id)}
    assert kept.count(own, cast.unit_leader) == {"own": 2}
    assert for_anybody(own, cast.unit_leader) is not None
    Appointment.objects.filter(user=cast.liaison).update(role=Role.UNIT_LEADER)
    cast.liaison.forget_roles()
    assert (
        kept.count(own, cast.liaison)["own"] == User.objects.filter(organisation=cast.liaison.organisation).count() > 2
    )

    # Somebody of the same standing, a right that ends, a moment that passes.
    wanted = rows_wanted(cast.officer)
    with django_assert_num_queries(1):
        assert kept.count(wanted, cast.outsider)["known cases:inspections"] == 0
    assert kept.count(wanted, cast.officer)["known cases:inspections"] == 1
    wanted = rows_wanted(cast.approver)
    Grant.objects.filter(compartment=case.compartment).update(until_at=before + timedelta(hours=1))
    assert kept.count(wanted, cast.approver)["waiting cases:list"] == 1
    monkeypatch.setattr(clock, "now", lambda: before + timedelta(hours=2))
    assert kept.count(wanted, cast.approver)["waiting cases:list"] == 0


def test_what_only_one_reader_explains_is_put_together_each_time(cast: Cast) -> None:
    kept = Kept()
    wanted: dict[str, Rows] = {
        "asked": lambda user: User.objects.filter(
            pk__in=list(User.objects.filter(pk=user.pk).values_list("pk", flat=True))
        ),
        "housed": lambda user: User.objects.filter(name=user.organisation.name),
        "told": lambda user: User.objects.filter(username=f"user {user.pk}"),
        "earlier": lambda _user: User.objects.filter(created_at__gt=clock.now() - timedelta(days=1)),
    }
    for key, rows in wanted.items():
        assert for_anybody({key: rows}, cast.officer) is None, key
        for user in (cast.officer, cast.outsider):
            assert kept.count({key: rows}, user) == count_together(rows_of({key: rows}, user))
