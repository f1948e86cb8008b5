"""Filters of the API's lists: a wrong value is named, a key of something hidden answers like one of nothing."""

import pytest
from rest_framework.test import APIClient

from tests.build_cases import an_inspection
from tests.cast import Cast


@pytest.mark.parametrize(
    ("value", "status"), [("planned", 400), ("10.1.1.7", 200), ("2001:db8::1", 200), ("999.1.1.1", 400)]
)
def test_an_address_that_is_none_is_named(cast: Cast, value: str, status: int) -> None:
    api = APIClient()
    api.force_authenticate(cast.officer)

    answer = api.get("/api/v1/sightings/", {"ip": value})

    assert answer.status_code == status
    assert (status == 200) or set(answer.data["details"]) == {"ip"}


def test_a_hidden_key_and_no_key_are_answered_alike(cast: Cast) -> None:
    site = an_inspection(cast).teams.get(number=1).sites.get()
    api = APIClient()
    api.force_authenticate(cast.outsider)

    answers = [api.get("/api/v1/interviews/", {"site": key}) for key in (site.pk, site.pk + 100_000)]

    assert [(one.status_code, one.json()["results"]) for one in answers] == [(200, []), (200, [])]
