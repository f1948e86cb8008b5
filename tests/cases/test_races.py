"""Two people at once, on the real database."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from cases.models import Case, Site, SiteConfirmation, StepTaken
from cases.services.cases import advance, file_case
from cases.services.inspections import arrive_at_site, confirm_site, record_findings
from cases.services.members import add_member
from cases.services.papers import read_paper
from casework.accounts.enums import Role
from casework.core.errors import CaseworkError
from casework.ledger.models import Entry
from tests.build import a_user, moment
from tests.build_cases import DAY, a_case, a_suspect, an_inspection
from tests.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)
LATER = moment(f"{DAY} 15:00")


def _together(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts at the same moment; return what each came to, refusals as themselves."""
    barrier = Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            results[place] = act()
        except CaseworkError as error:
            results[place] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_leaders_decide_at_once_and_one_decision_is_taken() -> None:
    cast = make_cast()
    other = a_user("分管领导乙", Role.APPROVER)
    case = a_case(cast)
    add_member(case, other, actor=cast.officer, at=LATER)
    a_suspect(cast, case)
    for leader in (cast.approver, other):
        read_paper(case, actor=leader, at=LATER)

    results = _together(
        lambda: advance(case, "approve_filing", actor=cast.approver, at=LATER, document="文号"),
        lambda: advance(case, "refuse_filing", actor=other, at=LATER, reason="不立"),
    )

    refused = [result for result in results if isinstance(result, CaseworkError)]
    assert len(refused) == 1
    assert StepTaken.objects.filter(case=case).count() == 1
    decided = Entry.objects.filter(ref=f"case:{case.pk}", kind__in=["case.approve_filing", "case.refuse_filing"])
    assert decided.count() == 1


def test_cases_filed_at_once_get_numbers_without_gap_or_double() -> None:
    cast = make_cast()

    def file() -> Case:
        return file_case(
            None, title="案", unit=None, kind="both", members=[cast.approver], actor=cast.officer, at=LATER
        )

    cases = _together(*[file for _time in range(4)])

    assert sorted(case.number for case in cases) == [f"浙纪立〔2021〕{number}号" for number in range(1, 5)]


def test_both_officers_sign_at_once() -> None:
    cast = make_cast()
    an_inspection(cast)
    site = Site.objects.get(team__number=1)
    first, second = [member.user for member in site.team.members.order_by("pk")]
    assert first is not None
    assert second is not None
    arrive_at_site(site, actor=first, at=moment("2021-09-06 09:00"))
    record_findings(
        site, nature="nothing", machine="", extent="", actor=first, at=moment("2021-09-06 10:00")
    )  # fmt: skip

    _together(
        lambda: confirm_site(site, actor=first, at=moment("2021-09-06 11:00")),
        lambda: confirm_site(site, actor=second, at=moment("2021-09-06 11:00")),
    )

    site.refresh_from_db()
    assert site.state == "reported"
    assert SiteConfirmation.objects.count() == 2
    assert Entry.objects.filter(ref=f"site:{site.pk}", kind="site.reported").count() == 1
