"""Records of talks: which kind at which stage, who takes them, their times and signatures."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from cases.enums import CaseKind, InterviewKind, PageMark
from cases.models import Interview
from cases.services.cases import advance
from cases.services.interviews import sign_page, take_interview
from cases.services.suspects import add_suspect
from casework.core.errors import Invalid, NotReady, Refused
from tests.build import moment
from tests.build_cases import DAY, a_case, a_proved_fact, a_record, a_suspect, walk
from tests.cast import Cast

pytestmark = pytest.mark.django_db
LATER = moment(f"{DAY} 15:00")


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
