"""Filing, deciding, staffing, facts, records: what is allowed, what is refused, and that neighbours stay untouched."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cases.enums import CaseKind, Duty, InterviewKind, PageMark, Stance, Verdict
from cases.models import Case, CaseMember, Interview, Paper, StandingChange, StepTaken
from cases.proof import matrix, verdict_of
from cases.services.cases import (
    add_member,
    advance,
    amend_case,
    file_case,
    read_paper,
    recuse_member,
    remove_member,
)
from cases.services.facts import amend_fact, cite_item, drop_fact, state_fact, uncite_item
from cases.services.filing import file_with_suspects
from cases.services.interviews import sign_page, take_interview
from cases.services.suspects import add_suspect, change_standing, show_facts
from casework.access.models import Grant
from casework.access.policy import why_not
from casework.accounts.enums import Role
from casework.core.errors import Invalid, NotAllowed, NotReady, Refused, Stale
from casework.deadlines.models import Deadline
from casework.ledger.models import Entry
from casework.ledger.record import disclosed
from casework.notices.models import Notice
from tests.build import a_user, moment
from tests.build_cases import DAY, a_case, a_proved_fact, a_record, a_suspect, a_unit, decide, walk
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


def test_a_recused_officer_can_do_nothing_more(cast: Cast) -> None:
    case, neighbour = a_case(cast), a_case(cast, title="邻案")

    recuse_member(case, cast.second_officer, actor=cast.approver, at=LATER, reason="近亲属")

    assert not Case.objects.visible_to(cast.second_officer).filter(pk=case.pk).exists()
    assert Case.objects.visible_to(cast.second_officer).filter(pk=neighbour.pk).exists()
    with pytest.raises(NotAllowed) as refusal:
        amend_case(case, grounds="我来改", actor=cast.second_officer, at=LATER)
    assert "监察法第六十七条" in refusal.value.message
    with pytest.raises(Refused) as back:
        add_member(case, cast.second_officer, actor=cast.officer, at=LATER)
    assert back.value.article == "监察法第六十七条"
    assert "没有" not in why_not(cast.second_officer, "case.amend", neighbour)


def test_nobody_decides_on_his_own_recusal(cast: Cast) -> None:
    case = a_case(cast)

    with pytest.raises(Refused) as refusal:
        recuse_member(case, cast.approver, actor=cast.approver, at=LATER, reason="利害关系")

    assert refusal.value.article == "监察法实施条例第二百九十六条"


def test_a_transferred_officer_knows_nothing_more_and_the_last_one_stays(cast: Cast) -> None:
    case = a_case(cast)

    remove_member(case, cast.second_officer, actor=cast.officer, at=LATER, reason="调离")

    assert not Case.objects.visible_to(cast.second_officer).exists()
    with pytest.raises(NotAllowed):
        state_fact(case, "事实", actor=cast.second_officer, at=LATER)
    with pytest.raises(Refused) as refusal:
        remove_member(case, cast.officer, actor=cast.approver, at=LATER, reason="调离")
    assert refusal.value.code == "last_officer"


def test_whoever_investigated_does_not_hear_even_after_leaving(cast: Cast) -> None:
    both = a_user("两职", Role.CASE_OFFICER, Role.HEARING_OFFICER)
    case = a_case(cast)
    add_member(case, both, duty=Duty.OFFICER, actor=cast.officer, at=LATER)
    remove_member(case, both, actor=cast.officer, at=LATER, reason="另有任务")

    with pytest.raises(Refused) as refusal:
        add_member(case, both, duty=Duty.HEARER, actor=cast.approver, at=LATER)

    assert refusal.value.article == "监察法实施条例第二百二十二条第三款"


def test_the_database_itself_keeps_the_sides_apart(cast: Cast) -> None:
    case = a_case(cast)

    with pytest.raises(IntegrityError), transaction.atomic():
        CaseMember.objects.create(
            case=case, user=cast.officer, duty="hearer", side="hear", from_on=date(2021, 10, 1), until=date(2021, 10, 2)
        )


def test_an_approver_who_drafted_cannot_decide(cast: Cast) -> None:
    drafter = a_user("又办又批", Role.CASE_OFFICER, Role.APPROVER)
    case = file_case(
        None, title="案", unit=None, kind="both", members=[cast.officer, cast.approver], actor=drafter, at=LATER
    )

    with pytest.raises(NotAllowed) as refusal:
        advance(case, "approve_filing", actor=drafter, at=LATER, document="文号")

    assert "起草" in refusal.value.message


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


VERDICTS = [
    ([], 0, "", "", Verdict.UNPROVED),
    (["a"], 0, "", "", Verdict.LONE),
    (["a"], 0, "有监控", "", Verdict.LONE_EXPLAINED),
    (["a", "a"], 0, "", "", Verdict.LONE),
    (["a", "b"], 0, "", "", Verdict.PROVED),
    (["a", "b"], 1, "", "", Verdict.CONTRADICTED),
    (["a", "b"], 1, "", "证人记错", Verdict.CONTRADICTION_EXPLAINED),
    (["a"], 1, "有监控", "", Verdict.CONTRADICTED),
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
    uncite_item(exhibit, actor=cast.officer, at=LATER, reason="与本案无关")

    assert matrix(case).rows[0].verdict == Verdict.PROVED
    last = Entry.objects.filter(kind="exhibit.uncited").get()
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


KINDS = [
    # kind, state, case kind, of the suspect, allowed, article
    (InterviewKind.TALK, "filing_pending", CaseKind.BOTH, True, ""),
    (InterviewKind.TALK, "investigating", CaseKind.BOTH, True, ""),
    (InterviewKind.TALK, "investigating", CaseKind.BOTH, False, ""),
    (InterviewKind.INQUIRY, "investigating", CaseKind.BOTH, False, ""),
    (InterviewKind.INQUIRY, "investigating", CaseKind.BOTH, True, "监察法第二十条"),
    (InterviewKind.INTERROGATION, "filing_pending", CaseKind.CRIME, True, "监察法实施条例第五十九条"),
    (InterviewKind.INTERROGATION, "investigating", CaseKind.BOTH, True, "监察法第二十条"),
    (InterviewKind.INTERROGATION, "investigating", CaseKind.CRIME, False, "监察法第二十条"),
    (InterviewKind.INTERROGATION, "investigating", CaseKind.CRIME, True, ""),
]


@pytest.mark.parametrize(("kind", "state", "case_kind", "of_suspect", "article"), KINDS)
def test_the_right_record_for_the_stage(
    cast: Cast, kind: InterviewKind, state: str, case_kind: str, of_suspect: bool, article: str
) -> None:
    case = a_case(cast, kind=case_kind)
    suspect = a_suspect(cast, case)
    case = walk(cast, case, state)

    if article:
        with pytest.raises(Refused) as refusal:
            a_record(cast, case, suspect=suspect if of_suspect else None, kind=kind)
        assert refusal.value.article == article
        assert not Interview.objects.exists()
    else:
        record = a_record(cast, case, suspect=suspect if of_suspect else None, kind=kind)
        assert record.item is not None
        assert record.item.compartment_id == case.compartment_id


def test_records_need_two_officers_of_the_case(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")

    with pytest.raises(Refused) as alone:
        a_record(cast, case, second_officer=cast.officer)
    with pytest.raises(Refused) as stranger:
        a_record(cast, case, second_officer=cast.outsider)

    assert alone.value.article == "监察法第四十四条"
    assert stranger.value.code == "no_member"
    assert not Interview.objects.exists()


def test_the_database_itself_wants_two_officers_and_times_in_order(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    record = a_record(cast, case)

    for change in ({"second_officer": record.officer}, {"ended_at": record.began_at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Interview.objects.filter(pk=record.pk).update(**change)


@pytest.mark.parametrize(
    ("began", "ended", "rights", "field"),
    [
        ("10:30", "10:00", None, "ended_at"),
        ("10:00", "10:00", None, "ended_at"),
        ("10:00", "23:00", None, "ended_at"),
        ("10:00", "10:30", "09:00", "rights_told_at"),
        ("10:00", "10:30", "10:30", "rights_told_at"),
    ],
)
def test_impossible_times_are_refused_at_their_field(
    cast: Cast, began: str, ended: str, rights: str | None, field: str
) -> None:
    case = walk(cast, a_case(cast), "investigating")

    with pytest.raises(Invalid) as refusal:
        take_interview(
            case,
            kind="talk",
            person_name="王某",
            place="谈话室",
            began_at=moment(f"{DAY} {began}"),
            ended_at=moment(f"{DAY} {ended}"),
            rights_told_at=moment(f"{DAY} {rights}") if rights else None,
            second_officer=cast.second_officer,
            lines=[("问", "答")],
            actor=cast.officer,
            at=LATER,
        )

    assert field in refusal.value.details


def test_pages_are_signed_once_or_refused_with_the_reason(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    record = a_record(cast, case, signed=False, pages=3)
    neighbour = a_record(cast, case, person_name="李某", signed=False)

    sign_page(record, 1, mark=PageMark.SIGNED, actor=cast.officer, at=LATER)
    with pytest.raises(Invalid):
        sign_page(record, 2, mark=PageMark.REFUSED, actor=cast.officer, at=LATER)
    sign_page(record, 2, mark=PageMark.REFUSED, refusal="看后拒签，全程录像", actor=cast.officer, at=LATER)
    with pytest.raises(Refused):
        sign_page(record, 1, mark=PageMark.REFUSED, refusal="改", actor=cast.officer, at=LATER)
    with pytest.raises(Invalid):
        sign_page(record, 9, mark=PageMark.SIGNED, actor=cast.officer, at=LATER)

    assert [page.mark for page in record.pages.all()] == ["signed", "refused", "unsigned"]
    assert [page.mark for page in neighbour.pages.all()] == ["unsigned"]


def test_unsigned_pages_and_untold_rights_block_the_meeting_by_name(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    suspect = case.suspects.get()
    other = add_suspect(
        case, name="何某某", standing_on=date(2021, 9, 1), actor=cast.officer, at=LATER, post="协助人员"
    )
    a_record(cast, case, suspect=suspect, signed=False, pages=2)
    a_proved_fact(cast, case, suspect)

    with pytest.raises(NotReady) as refusal:
        advance(case, "meet_facts", actor=cast.officer, at=LATER)

    texts = [missing.text for missing in refusal.value.missing]
    assert texts == [
        "何某某：是不是中共党员、是不是公职人员、是不是领导干部、用工形式没有查明",
        "何某某没有告知权利义务的记录",
        "丁某某第 1 次谈话笔录：第 1、2 页未签名",
    ]
    assert str(other.pk) in refusal.value.missing[0].url


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
