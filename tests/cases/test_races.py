"""Two people at once, on the real database."""

import time
from collections.abc import Callable
from queue import Queue
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from cases.models import Case, Site, SiteConfirmation, StepTaken
from cases.models.cases import NEVER
from cases.services.cases import advance, file_case
from cases.services.inspections import arrive_at_site, confirm_site, record_findings
from cases.services.members import add_member
from cases.services.papers import read_paper
from casework.accounts.enums import Role
from casework.core.errors import CaseworkError, Refused
from casework.deadlines.models import Deadline
from casework.deadlines.services.changes import extend_deadline
from casework.deadlines.services.lifecycle import meet_deadline
from casework.ledger.models import Entry
from tests.build import a_user, moment
from tests.build_cases import DAY, a_case, a_suspect, an_inspection, walk
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


def _waits_for_another(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select cardinality(pg_blocking_pids(%s)) > 0", [pid])
        return bool(cursor.fetchone()[0])


def test_a_clock_is_lengthened_while_its_case_moves_on() -> None:
    """The date of the clock is kept on the case: both acts take the case first, so neither waits for the other's lock."""
    cast = make_cast()
    case = walk(cast, a_case(cast), "investigating")
    clock = Deadline.objects.live().get(ref=f"case:{case.pk}", kind="C02")
    pids: Queue[int] = Queue()
    results: Queue[Any] = Queue()

    def lengthen() -> None:
        try:
            connection.ensure_connection()
            pids.put(connection.connection.info.backend_pid)
            results.put(
                extend_deadline(
                    clock,
                    1,
                    "month",
                    approver="分管领导甲",
                    reason="案情复杂",
                    document="浙延〔2021〕1号",
                    actor=cast.officer,
                    at=LATER,
                )
            )
        except (CaseworkError, OperationalError) as error:
            results.put(error)
        finally:
            connection.close()

    other = Thread(target=lengthen)
    with transaction.atomic():
        Case.locked(case.pk)
        other.start()
        pid = pids.get(timeout=60)
        until = time.monotonic() + 60
        while not _waits_for_another(pid):  # it stands at the case that is held here, whatever it holds itself
            assert time.monotonic() < until
            time.sleep(0.05)
        meet_deadline(clock, actor=cast.officer, at=LATER)
    other.join(timeout=60)

    came = results.get(timeout=60)
    assert isinstance(came, Refused), came  # the clock had ended when its turn came
    clock.refresh_from_db()
    case.refresh_from_db()
    assert clock.state == "met"
    first = Deadline.objects.filter(ref=f"case:{case.pk}", state="open").order_by("due_on").first()
    assert case.next_due == (first.due_on if first else NEVER)
