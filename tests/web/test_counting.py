"""Counts of many querysets by one look."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casework.access.models import Grant, compartments_of
from casework.accounts.models import User
from casework.web.counting import count_together
from casework.web.nav import counts, places
from tests.build import a_compartment
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


def _mine(reader: User) -> Any:
    return compartments_of(reader)


@pytest.mark.parametrize("named", [True, False], ids=["few circles", "too many to name"])
def test_what_a_side_bar_counts_ends_to_the_second(
    cast: Cast, named: bool, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = datetime(2021, 12, 16, 1, 30, 5, tzinfo=UTC)
    kept = a_compartment(cast.officer, cast.approver)
    Grant.objects.filter(user=cast.officer).update(
        from_on=began.date(), emergency=True, until=began.date(), until_at=began + timedelta(seconds=20)
    )
    Grant.objects.filter(user=cast.approver).update(from_on=began.date())
    cast.officer.known_of = {"circles": [kept.pk]} if named else None
    monkeypatch.setattr("casework.core.clock.now", lambda: began)
    assert counts(cast.officer, mine=_mine)["mine"] == 1

    monkeypatch.setattr("casework.core.clock.now", lambda: began + timedelta(seconds=30))
    with django_assert_num_queries(1):
        assert counts(cast.officer, mine=_mine)["mine"] == 0
    assert counts(cast.approver, mine=_mine)["mine"] == 1
