"""Filing a case and walking it along its workflow."""

import pytest

from cases.models import Case
from tests.build_cases import a_case, walk
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_case_walks_to_the_archive(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "archived")

    assert Case.objects.get(pk=case.pk).state == "archived"
