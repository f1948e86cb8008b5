"""The ledger of measures: stage, approval by another, two officers, clocks, and the end."""

from datetime import timedelta
from typing import Any

import pytest

from cases.enums import BEFORE_FILING, LIBERTY, CaseKind, MeasureKind, MeasureState
from cases.models import Case, Measure
from cases.services.measures import (
    begin_measure,
    decide_measure,
    end_measure,
    kind_refusal,
    note_family_told,
    propose_measure,
)
from casework.accounts.models import User
from casework.core.errors import CaseworkError, Invalid, NotAllowed, Refused, Stale
from casework.deadlines.models import Deadline
from tests.build import moment
from tests.build_cases import DAY, a_case, a_suspect, walk
from tests.cast import Cast

pytestmark = pytest.mark.django_db
AT = moment(f"{DAY} 15:00")


def _approved(cast: Cast, case: Case, kind: MeasureKind, **more: Any) -> Measure:
    row = propose_measure(case, kind=kind, target="某账户", purpose="查明资金来源", actor=cast.officer, at=AT, **more)
    return decide_measure(row, approve=True, document="浙监批〔2021〕1号", actor=cast.approver, at=AT)


def test_before_filing_only_what_verification_allows() -> None:
    case = Case(state="filing_pending", kind=CaseKind.CRIME)

    for kind in MeasureKind:
        sentence, article = kind_refusal(kind, case, None)

        assert bool(sentence) == (kind not in BEFORE_FILING), kind
        assert (article == "监察法实施条例第五十九条") == bool(sentence), kind


def test_a_case_of_discipline_alone_takes_nobodys_liberty(cast: Cast) -> None:
    case = a_case(cast, kind=CaseKind.DISCIPLINE)
    suspect = a_suspect(cast, case)
    case.state = "investigating"

    for kind in sorted(LIBERTY):
        case.kind = CaseKind.DISCIPLINE
        assert kind_refusal(kind, case, suspect)[0], kind
        case.kind = CaseKind.DUTY
        assert not kind_refusal(kind, case, suspect)[0], kind
        assert kind_refusal(kind, case, None)[0], kind


def test_a_liberty_measure_runs_its_clocks_and_ends_them(cast: Cast) -> None:
    case, neighbour = walk(cast, a_case(cast), "investigating"), a_case(cast, title="邻案")
    row = _approved(cast, case, MeasureKind.RETENTION, suspect=case.suspects.get())
    before = Deadline.objects.filter(compartment=neighbour.compartment).count()
    began = AT + timedelta(hours=1)

    row = begin_measure(
        row, began_at=began, second_officer=cast.second_officer, actor=cast.officer, at=AT + timedelta(hours=2)
    )
    clocks = dict(Deadline.objects.live().filter(ref=f"measure:{row.pk}").values_list("kind", "due_at"))
    assert set(clocks) == {"M04", "C06"}
    assert clocks["C06"] == began + timedelta(hours=24)

    note_family_told(row, actor=cast.officer, at=AT + timedelta(hours=3))
    with pytest.raises(Refused):
        note_family_told(row, actor=cast.officer, at=AT + timedelta(hours=3))
    row = end_measure(
        row, ended_at=AT + timedelta(hours=5), result="查明，解除", actor=cast.officer, at=AT + timedelta(hours=6)
    )

    assert row.state == MeasureState.ENDED
    assert not Deadline.objects.live().filter(ref=f"measure:{row.pk}").exists()
    assert Deadline.objects.filter(compartment=neighbour.compartment).count() == before


def test_nobody_approves_alone_or_early(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    row = propose_measure(case, kind="query", target="某账户", purpose="查明资金来源", actor=cast.officer, at=AT)
    common: dict[str, Any] = {"second_officer": cast.second_officer, "actor": cast.officer, "at": AT}

    with pytest.raises(NotAllowed):
        decide_measure(row, approve=True, document="文号", actor=cast.officer, at=AT)
    with pytest.raises(Refused) as early:
        begin_measure(row, began_at=AT, **common)
    assert early.value.code == "wrong_state"
    with pytest.raises(Invalid):
        decide_measure(row, approve=True, actor=cast.approver, at=AT)
    with pytest.raises(Invalid):
        decide_measure(row, approve=False, actor=cast.approver, at=AT)
    with pytest.raises(Stale):
        decide_measure(row, approve=True, document="文号", actor=cast.approver, at=AT, expected_version=9)
    row = decide_measure(row, approve=True, document="文号", actor=cast.approver, at=AT)
    with pytest.raises(Refused):
        decide_measure(row, approve=False, opinion="再想想", actor=cast.approver, at=AT)
    for wrong in (
        {"began_at": AT - timedelta(hours=1)},
        {"began_at": AT + timedelta(hours=1)},
        {"began_at": AT, "second_officer": cast.officer},
        {"began_at": AT, "second_officer": cast.outsider},
    ):
        with pytest.raises(CaseworkError):
            begin_measure(row, **{**common, **wrong})

    assert Measure.objects.get().state == MeasureState.APPROVED


def test_an_approved_measure_that_is_not_taken_lapses_and_blocks_nothing(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    row = _approved(cast, case, MeasureKind.QUERY)

    row = end_measure(row, ended_at=AT, result="账户已销户", actor=cast.officer, at=AT)

    assert row.state == MeasureState.LAPSED
    assert row.began_at is None
    with pytest.raises(Invalid):
        end_measure(row, ended_at=AT, result=" ", actor=cast.officer, at=AT)


@pytest.mark.parametrize("role", ["second_officer", "approver", "hearing_officer", "outsider", "auditor"])
def test_only_investigators_of_the_case_ask_for_measures(cast: Cast, role: str) -> None:
    case = a_case(cast)
    user: User = cast.everyone()[role]
    asked = {"kind": "query", "target": "账户", "purpose": "查明", "actor": user, "at": AT}

    if role == "second_officer":
        assert propose_measure(case, **asked).number == 1  # type: ignore[arg-type]
        return
    with pytest.raises(NotAllowed):
        propose_measure(case, **asked)  # type: ignore[arg-type]
    assert not Measure.objects.exists()
