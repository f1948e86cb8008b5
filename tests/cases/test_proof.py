"""Facts and what proves them: verdicts, sources that count once, evidence against."""

import pytest
from django.urls import reverse

from cases.enums import Stance, Verdict
from cases.proof import matrix, verdict_of
from cases.services.cases import advance, file_case
from cases.services.facts import amend_fact, cite_item, drop_fact, state_fact, uncite_item
from casework.core.errors import Invalid, NotReady, Refused
from casework.ledger.models import Entry
from tests.build import moment
from tests.build_cases import DAY, a_case, a_proved_fact, a_record, walk
from tests.cast import Cast

pytestmark = pytest.mark.django_db
LATER = moment(f"{DAY} 15:00")


VERDICTS = [
    ([], 0, "", "", Verdict.UNPROVED),
    (["a"], 0, "", "", Verdict.LONE),
    (["a"], 0, "有监控", "", Verdict.LONE_EXPLAINED),
    (["a", "a"], 0, "", "", Verdict.LONE),
    (["a", "b"], 0, "", "", Verdict.PROVED),
    (["a", "b"], 1, "", "", Verdict.CONTRADICTED),
    (["a", "b"], 1, "", "证人记错", Verdict.CONTRADICTION_EXPLAINED),
    (["a"], 1, "有监控", "", Verdict.CONTRADICTED),
    (["a"], 1, "", "证人记错", Verdict.LONE),
    (["a"], 1, "有监控", "证人记错", Verdict.CONTRADICTION_EXPLAINED),
    ([], 1, "", "证人记错", Verdict.UNPROVED),
]


@pytest.mark.parametrize(("supporting", "opposing", "lone", "note", "verdict"), VERDICTS)
def test_verdicts(cast: Cast, supporting: list[str], opposing: int, lone: str, note: str, verdict: Verdict) -> None:
    fact = state_fact(a_case(cast), "事实", actor=cast.officer, at=LATER)
    fact.lone_reason, fact.contradiction_note = lone, note

    assert verdict_of(fact, supporting, opposing) == verdict


def test_the_same_person_twice_is_one_source(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    suspect = case.suspects.get()
    fact = state_fact(case, "持续 111 天", actor=cast.officer, at=LATER)
    for number in (1, 2):
        record = a_record(cast, case, suspect=suspect)
        assert record.item is not None
        cite_item(fact, record.item, stance=Stance.FOR, label=f"第{number}次", actor=cast.officer, at=LATER)

    assert matrix(case).rows[0].verdict == Verdict.LONE
    with pytest.raises(NotReady) as refusal:
        advance(case, "meet_facts", actor=cast.officer, at=LATER)
    assert [one.text for one in refusal.value.missing] == ["“持续 111 天”只有一份证据，是孤证，没有说明"]
    amend_fact(fact, lone_reason="另有用电记录待调取，不影响定性", actor=cast.officer, at=LATER)
    assert advance(case, "meet_facts", actor=cast.officer, at=LATER).state == "facts_meeting"


def test_evidence_against_must_be_explained(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    suspect = case.suspects.get()
    fact = a_proved_fact(cast, case, suspect)
    other = a_record(cast, case, person_name="李某")
    assert other.item is not None
    exhibit = cite_item(fact, other.item, stance=Stance.AGAINST, label="李某", actor=cast.officer, at=LATER)

    assert matrix(case).rows[0].verdict == Verdict.CONTRADICTED
    with pytest.raises(NotReady) as refusal:
        advance(case, "meet_facts", actor=cast.officer, at=LATER)
    (one,) = refusal.value.missing
    assert ("反对的证据，没有说明" in one.text, one.url) == (True, reverse("cases:fact", args=[case.pk, fact.pk]))
    amend_fact(fact, contradiction_note="李某当日不在场", actor=cast.officer, at=LATER)
    assert matrix(case).rows[0].verdict == Verdict.CONTRADICTION_EXPLAINED
    # The explanation was written of the evidence that there was: what speaks against the fact later opens it again.
    later = a_record(cast, case, person_name="王某")
    assert later.item is not None
    cite_item(fact, later.item, stance=Stance.FOR, actor=cast.officer, at=LATER)
    assert matrix(case).rows[0].verdict == Verdict.CONTRADICTION_EXPLAINED
    second = cite_item(fact, later.item, stance=Stance.AGAINST, actor=cast.officer, at=LATER)
    assert matrix(case).rows[0].verdict == Verdict.CONTRADICTED
    cited = Entry.objects.filter(kind="exhibit.cited").latest("id")
    assert cited.payload["data"]["reopened"] == "李某当日不在场"
    uncite_item(second, actor=cast.officer, at=LATER, reason="重复")
    uncite_item(exhibit, actor=cast.officer, at=LATER, reason="与本案无关")

    assert matrix(case).rows[0].verdict == Verdict.PROVED
    last = Entry.objects.filter(kind="exhibit.uncited").latest("id")
    assert last.payload["reason"] == "与本案无关"


def test_citing_needs_knowledge_of_the_item(cast: Cast) -> None:
    theirs = walk(cast, a_case(cast, title="别的案"), "investigating")
    record = a_record(cast, theirs)
    case = file_case(None, title="案", unit=None, kind="both", members=[cast.approver], actor=cast.outsider, at=LATER)
    fact = state_fact(case, "事实", actor=cast.outsider, at=LATER)
    assert record.item is not None

    with pytest.raises(Invalid):
        cite_item(fact, record.item, stance=Stance.FOR, actor=cast.outsider, at=LATER)

    assert not fact.exhibits.exists()


def test_a_dropped_fact_no_longer_counts_and_stays_on_record(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    kept = a_proved_fact(cast, case, case.suspects.get())
    gone = state_fact(case, "另一项", actor=cast.officer, at=LATER)

    drop_fact(gone, actor=cast.officer, at=LATER, reason="查无此事")

    assert [row.fact for row in matrix(case).rows] == [kept]
    with pytest.raises(Refused):
        amend_fact(gone, statement="改", actor=cast.officer, at=LATER)
