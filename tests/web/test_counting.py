"""Counts of many querysets by one look."""

from typing import Any

import pytest

from casework.accounts.models import User
from casework.web.counting import count_together
from casework.web.nav import counts, places
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
