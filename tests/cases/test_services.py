"""Filing, deciding, clocks, standing and the meeting: what is allowed, what is refused, and that neighbours stay untouched."""

from datetime import date
from typing import Any

import pytest

from cases.enums import CaseKind, Duty
from cases.models import Case, Paper, StandingChange, StepTaken
from cases.models.cases import NEVER
from cases.services.cases import advance, amend_case, file_case
from cases.services.facts import amend_fact, state_fact
from cases.services.filing import file_with_suspects
from cases.services.members import add_member
from cases.services.papers import read_paper
from cases.services.suspects import add_suspect, change_standing, show_facts
from casework.access.models import Grant
from casework.core.errors import Invalid, NotAllowed, NotReady, Refused, Stale
from casework.deadlines.models import Deadline
from casework.ledger.models import Entry
from casework.ledger.record import disclosed
from casework.notices.models import Notice
from tests.build import moment
from tests.build_cases import DAY, a_case, a_record, a_suspect, a_unit, decide, walk
from tests.cast import Cast
from units.models import Person

pytestmark = pytest.mark.django_db
LATER = moment(f"{DAY} 15:00")


def _entries(case: Case) -> list[str]:
    return list(Entry.objects.filter(ref=f"case:{case.pk}").order_by("id").values_list("kind", flat=True))


def test_filing_opens_compartment_clock_and_tells_the_leader(cast: Cast) -> None:
    case = a_case(cast)

    assert case.number == "浙纪立〔2021〕1号"
    known = set(Grant.objects.filter(compartment=case.compartment).values_list("user_id", flat=True))
    assert known == {cast.officer.pk, cast.second_officer.pk, cast.approver.pk}
    duties = dict(case.members.values_list("user_id", "duty"))
    assert duties == {cast.officer.pk: Duty.LEAD, cast.second_officer.pk: Duty.OFFICER, cast.approver.pk: Duty.DECIDER}
    clock = Deadline.objects.get(ref=f"case:{case.pk}")
    assert (clock.kind, clock.start_on, clock.holder) == ("C01", date(2021, 9, 18), cast.approver)
    assert _entries(case) == ["case.filed"]
    assert [notice.recipient for notice in Notice.objects.all()] == [cast.approver]


def test_filing_needs_an_officer_a_title_and_people_with_a_duty(cast: Cast) -> None:
    common: dict[str, Any] = {"unit": None, "kind": "both", "at": LATER}

    with pytest.raises(NotAllowed):
        file_case(None, title="案", members=[], actor=cast.approver, **common)
    with pytest.raises(Invalid) as refusal:
        file_case(None, title="  ", members=[], actor=cast.officer, **common)
    assert "title" in refusal.value.details
    with pytest.raises(Invalid) as refusal:
        file_case(None, title="案", members=[cast.unit_leader], actor=cast.officer, **common)
    assert "members" in refusal.value.details
    assert not Case.objects.exists()


def test_filing_takes_people_of_the_register_with_their_standing(cast: Cast) -> None:
    unit = a_unit()
    person = Person.objects.create(
        unit=unit,
        name="丁某某",
        name_key="丁某某",
        post="机房管理员",
        employment="institution_staff",
        party_member=True,
    )

    case = file_with_suspects(
        None,
        people=[("丁某某", ""), ("何某某", "协助人员")],
        standing_on=date(2021, 8, 1),
        unit=unit,
        title="案",
        kind="both",
        members=[cast.second_officer, cast.approver],
        actor=cast.officer,
        at=LATER,
    )

    first, second = case.suspects.order_by("pk")
    assert (first.person, first.party_member, first.employment) == (person, True, "institution_staff")
    assert (second.person, second.party_member, second.post) == (None, None, "协助人员")
    person.party_member = False
    person.save(update_fields=["party_member"])
    first.refresh_from_db()
    assert first.party_member is True


def test_a_decision_needs_the_draft_to_be_read(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)

    with pytest.raises(NotReady) as refusal:
        advance(case, "approve_filing", actor=cast.approver, at=LATER, document="浙委批〔2021〕3号")

    assert [missing.text for missing in refusal.value.missing] == ["这一稿您还没有读"]


def test_a_decision_on_an_earlier_draft_is_refused(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)
    paper = read_paper(case, actor=cast.approver, at=LATER)
    amend_case(case, grounds="金额更大。", actor=cast.officer, at=LATER)

    with pytest.raises(Stale) as stale:
        advance(case, "approve_filing", actor=cast.approver, at=LATER, document="文号", digest=paper.digest)
    with pytest.raises(NotReady) as refusal:
        advance(case, "approve_filing", actor=cast.approver, at=LATER, document="文号")

    assert stale.value.code == "content_changed"
    assert refusal.value.missing[0].text == "内容已变，请重新阅读"
    case.refresh_from_db()
    assert case.state == "filing_pending"


def test_a_draft_that_returns_to_earlier_words_is_the_earlier_draft(cast: Cast) -> None:
    case = a_case(cast)
    first = read_paper(case, actor=cast.approver, at=LATER)
    amend_case(case, grounds="别的。", actor=cast.officer, at=LATER)
    second = read_paper(case, actor=cast.approver, at=LATER)
    amend_case(case, grounds="利用单位机房“挖矿”。", actor=cast.officer, at=LATER)
    third = read_paper(case, actor=cast.approver, at=LATER)

    assert (first.number, second.number, third.number) == (1, 2, 1)
    assert Paper.objects.filter(case=case).count() == 2


def test_a_forged_digest_decides_nothing(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)
    read_paper(case, actor=cast.approver, at=LATER)

    with pytest.raises(Stale):
        advance(case, "approve_filing", actor=cast.approver, at=LATER, document="文号", digest="0" * 64)

    assert not StepTaken.objects.exists()


def test_filing_approval_names_all_that_is_missing(cast: Cast) -> None:
    case = file_case(
        None, title="案", unit=None, kind="both", members=[cast.approver], actor=cast.officer, at=moment(f"{DAY} 09:00")
    )

    with pytest.raises(NotReady) as refusal:
        advance(case, "approve_filing", actor=cast.approver, at=LATER, document="文号")

    texts = [missing.text for missing in refusal.value.missing]
    assert texts == ["办案人员只有 1 名，至少两名", "没有列出被审查调查人", "这一稿您还没有读"]
    assert all(missing.url for missing in refusal.value.missing)


def test_approval_starts_the_clocks_of_the_kind_of_case(cast: Cast) -> None:
    kinds = {}
    for kind in CaseKind:
        case = a_case(cast, kind=kind, title=kind)
        a_suspect(cast, case)
        case = decide(case, "approve_filing", cast.approver, f"{DAY} 11:00", document="文号")
        live = Deadline.objects.live().filter(ref=f"case:{case.pk}")
        kinds[kind] = sorted(live.values_list("kind", flat=True))

    assert kinds == {
        CaseKind.DISCIPLINE: ["C02"],
        CaseKind.DUTY: ["C03"],
        CaseKind.BOTH: ["C02", "C03"],
        CaseKind.CRIME: ["C03"],
    }


def test_the_hearing_clock_stands_still_during_supplement_and_restarts_after_redo(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "returned_supplement")
    clock = Deadline.objects.get(ref=f"case:{case.pk}", kind="H01")
    assert clock.state == "stopped"

    advance(case, "resupply", actor=cast.officer, at=moment("2021-09-28 09:00"))

    clock.refresh_from_db()
    assert clock.state == "open"
    other = walk(cast, a_case(cast, title="重新调查"), "returned_redo")
    assert Deadline.objects.get(ref=f"case:{other.pk}", kind="H01").state == "cancelled"


def test_a_case_sent_back_on_the_first_day_gets_the_whole_month_when_it_returns(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "hearing")
    advance(case, "return_supplement", actor=cast.approver, at=LATER, reason="遗漏事实")
    assert not Deadline.objects.live().filter(ref=f"case:{case.pk}", kind="H01").exists()

    advance(case, "resupply", actor=cast.officer, at=moment("2021-09-28 09:00"))

    clock = Deadline.objects.live().get(ref=f"case:{case.pk}", kind="H01")
    assert clock.start_on == date(2021, 9, 28)


def test_an_extension_lengthens_the_clock_of_the_house_or_of_the_law(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "extension_pending")
    own = Deadline.objects.get(ref=f"case:{case.pk}", kind="C02")
    case = decide(case, "grant_extension", cast.approver, f"{DAY} 13:00", document="浙纪延〔2021〕1号")
    longer = Deadline.objects.get(pk=own.pk)

    case = advance(case, "ask_extension", actor=cast.officer, at=LATER, reason="案情重大")
    law = Deadline.objects.get(ref=f"case:{case.pk}", kind="C03")
    advance(case, "register_extension", actor=cast.officer, at=LATER, document="国监延〔2021〕8号")
    upper = Deadline.objects.get(pk=law.pk)

    assert own.due_on < longer.due_on
    assert law.due_on < upper.due_on
    assert upper.extensions.get().approver == "上一级监察机关"


def test_a_stale_page_is_refused_and_nothing_changes(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)
    case.refresh_from_db()
    version = case.version
    amend_case(case, grounds="改过。", actor=cast.second_officer, at=LATER)

    with pytest.raises(Stale):
        amend_case(case, grounds="我的。", actor=cast.officer, at=LATER, expected_version=version)
    with pytest.raises(Stale):
        advance(case, "refuse_filing", actor=cast.approver, at=LATER, reason="不立", expected_version=version)

    case.refresh_from_db()
    assert (case.grounds, case.state) == ("改过。", "filing_pending")


def test_a_returned_paper_waits_for_its_officer(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)
    case = decide(case, "return_paper", cast.approver, f"{DAY} 10:00", reason="写明金额")
    assert case.returned

    with pytest.raises(NotReady) as refusal:
        decide(case, "approve_filing", cast.approver, f"{DAY} 10:10", document="文号")
    assert "已退回修改，等送审人改好再送" in [missing.text for missing in refusal.value.missing]
    case = advance(case, "resubmit", actor=cast.officer, at=moment(f"{DAY} 10:20"))

    assert not case.returned
    assert decide(case, "approve_filing", cast.approver, f"{DAY} 10:30", document="文号").state == "filed"


def test_standing_changes_are_appended(cast: Cast) -> None:
    case = a_case(cast)
    suspect, neighbour = a_suspect(cast, case), a_suspect(cast, case, "何某某")

    change_standing(suspect, party_member=False, reason="组织关系证明", actor=cast.officer, at=LATER)

    suspect.refresh_from_db()
    neighbour.refresh_from_db()
    assert (suspect.party_member, neighbour.party_member) == (False, True)
    change = StandingChange.objects.get()
    assert (change.field, change.old, change.new, change.reason) == ("party_member", "是", "否", "组织关系证明")
    with pytest.raises(Invalid):
        change_standing(suspect, party_member=True, reason=" ", actor=cast.officer, at=LATER)
    with pytest.raises(Invalid) as refusal:
        change_standing(
            suspect, employment="civil_servant", public_official=False, reason="函", actor=cast.officer, at=LATER
        )
    assert "public_official" in refusal.value.details


def test_personal_data_are_sealed_in_the_ledger(cast: Cast) -> None:
    case = a_case(cast)
    suspect = a_suspect(cast, case, id_number="330600199001011234")

    entry = Entry.objects.get(ref=f"suspect:{suspect.pk}")

    assert b"330600199001011234" not in bytes(entry.header)
    assert disclosed(entry)["id_number"] == "330600199001011234"


def test_the_meeting_needs_its_stage_an_opinion_and_a_second_officer(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    suspect = case.suspects.get()
    common: dict[str, Any] = {"second_officer": cast.second_officer, "actor": cast.officer, "at": LATER}

    with pytest.raises(Refused) as early:
        show_facts(suspect, outcome="agreed", **common)
    with pytest.raises(Invalid):
        show_facts(suspect, outcome="refused", **common)
    with pytest.raises(Refused) as alone:
        show_facts(suspect, outcome="agreed", **{**common, "second_officer": cast.officer})

    assert early.value.code == "wrong_state"
    assert alone.value.code == "two_officers"


def test_a_closed_case_is_read_only(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "closed")
    fact = case.facts.first()
    assert fact is not None

    for act in (
        lambda: amend_case(case, grounds="改", actor=cast.officer, at=LATER),
        lambda: state_fact(case, "新的", actor=cast.officer, at=LATER),
        lambda: amend_fact(fact, statement="改", actor=cast.officer, at=LATER),
        lambda: add_suspect(case, name="某", standing_on=date(2021, 9, 1), actor=cast.officer, at=LATER),
        lambda: a_record(cast, case),
        lambda: add_member(case, cast.outsider, actor=cast.officer, at=LATER),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize("state", ["filing_pending", "investigating", "returned_supplement", "hearing", "withdrawn"])
def test_the_nearest_day_of_a_case_follows_its_clocks(cast: Cast, state: str) -> None:
    neighbour = a_case(cast, title="邻案")
    neighbour.refresh_from_db()
    before = neighbour.next_due

    case = walk(cast, a_case(cast), state)

    case.refresh_from_db()
    running = Deadline.objects.filter(ref=f"case:{case.pk}", state="open").order_by("due_on")
    first = running.first()
    assert case.next_due == (first.due_on if first else NEVER)
    neighbour.refresh_from_db()
    assert neighbour.next_due == before
    running.order_by().update(state="cancelled", next_on=None)
    case.refresh_from_db()
    assert case.next_due == NEVER
