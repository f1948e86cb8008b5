"""Levels of approval: derived from the rank, never the same person twice, void after a later edit, by delegation."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from cases.approval import chain_of, rank_table
from cases.models import Case, Exhibit, PaperRemark, RankRule, Signature
from cases.routing import law_rules
from cases.services.approval import delegate, revoke_delegation, set_rank, set_seat
from cases.services.cases import advance, amend_case
from cases.services.facts import cite_item, state_fact
from cases.services.integrity import declare_tie
from cases.services.members import add_member
from cases.services.papers import read_paper, settle_remark, sign_paper
from cases.services.suspects import change_standing
from casework.access.services.people import close_account, dismiss
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError, Invalid, NotAllowed, NotReady, Refused, Stale
from casework.ledger.models import Entry
from casework.notices.models import Notice
from evidence.services.files import add_file
from tests.build import a_user, moment, tried
from tests.build_cases import DAY, a_case, a_suspect, decide
from tests.build_evidence import a_collection, an_item
from tests.build_penalties import a_penalty
from tests.cast import Cast

pytestmark = pytest.mark.django_db
LATER = moment(f"{DAY} 15:00")
STEP = "approve_filing"


@pytest.fixture
def deputy(cast: Cast) -> User:
    return a_user("分管领导乙", Role.APPROVER)


def _cadre(cast: Cast, deputy: User) -> Case:
    """A case against somebody of a rank that two levels sign for."""
    case = a_case(cast)
    a_suspect(cast, case, rank="乡科级副职")
    add_member(case, deputy, actor=cast.officer, at=LATER)
    case.refresh_from_db()
    return case


@pytest.mark.parametrize(
    ("rank", "levels"),
    [
        ("", ("head",)),
        ("科员", ("head",)),
        ("不详", ("head",)),
        ("乡科级正职", ("deputy", "head")),
        ("副处", ("deputy", "head")),
        ("厅局级", ("deputy", "head")),
        ("副部级", ("deputy", "head")),
    ],
)
def test_the_chain_follows_the_highest_rank(cast: Cast, rank: str, levels: tuple[str, ...]) -> None:
    case = a_case(cast)
    a_suspect(cast, case, "何某某", rank="科员")
    a_suspect(cast, case, rank=rank)

    assert chain_of(case, LATER.date()).levels == levels


def test_every_default_that_is_not_read_in_the_law_is_marked(cast: Cast) -> None:
    assert [row.rank for row in rank_table(LATER.date())] == ["省部级", "厅局级", "县处级", "乡科级", "股级及以下"]
    assert all(row.unverified for row in rank_table(LATER.date()))
    assert {row.id for row in law_rules() if row.unverified} == {"AP05", "AP10"}


def test_the_house_sets_its_own_row_and_the_old_one_stays(cast: Cast) -> None:
    set_rank("乡科级", organ="县级党委", levels=["head"], basis="本县干部管理规定", actor=cast.security_admin, at=LATER)
    set_rank(
        "乡科级", organ="县级党委", levels=["deputy", "head"], basis="同上", actor=cast.security_admin,
        at=LATER + timedelta(days=3),
    )  # fmt: skip

    rows = {row.rank: row for row in rank_table(LATER.date())}
    assert rows["乡科级"].levels == ("head",)
    assert not rows["乡科级"].unverified
    assert rows["县处级"].levels == ("deputy", "head")
    assert RankRule.objects.filter(rank="乡科级").count() == 2
    with pytest.raises(NotAllowed):
        set_rank("乡科级", organ="我", levels=["head"], basis="无", actor=cast.approver, at=LATER)
    with pytest.raises(Invalid):
        set_rank("乡科级", organ="县", levels=["head", "deputy"], basis="无", actor=cast.security_admin, at=LATER)


def test_the_decision_waits_for_the_level_before_it_and_for_somebody_else(cast: Cast, deputy: User) -> None:
    case, neighbour = _cadre(cast, deputy), a_case(cast, title="邻案")
    for leader in (cast.approver, deputy):
        read_paper(case, actor=leader, at=LATER)

    with pytest.raises(NotReady) as refusal:
        advance(case, STEP, actor=cast.approver, at=LATER, document="文号")
    assert "分管领导没有签批" in [row.text for row in refusal.value.missing]

    sign_paper(case, STEP, actor=deputy, at=LATER, opinion="同意")
    with pytest.raises(Refused) as same:
        advance(case, STEP, actor=deputy, at=LATER, document="文号")
    assert same.value.code == "same_person"
    done = advance(case, STEP, actor=cast.approver, at=LATER, document="文号")

    assert done.state == "filed"
    assert Entry.objects.filter(ref=f"case:{case.pk}", kind="case.signed").count() == 1
    assert not Signature.objects.filter(case=neighbour).exists()


def test_a_later_edit_voids_the_signature_and_keeps_it(cast: Cast, deputy: User) -> None:
    case = _cadre(cast, deputy)
    paper = read_paper(case, actor=deputy, at=LATER)
    sign_paper(case, STEP, actor=deputy, at=LATER, digest=paper.digest)
    amend_case(case, grounds="改了金额。", actor=cast.officer, at=LATER)

    read_paper(case, actor=cast.approver, at=LATER)
    with pytest.raises(NotReady) as refusal:
        advance(case, STEP, actor=cast.approver, at=LATER, document="文号")
    amend_case(case, grounds="利用单位机房“挖矿”。", actor=cast.officer, at=LATER)

    row = Signature.objects.get()
    assert row.voided_at == LATER
    assert any("签名已失效" in str(one.text) for one in refusal.value.missing)
    assert Entry.objects.filter(kind="case.signature_voided").count() == 1
    told = Notice.objects.get(kind="case.signature_voided")
    assert (told.recipient, told.owed_at, told.compartment) == (deputy, LATER, case.compartment)
    assert told.title == f"{case.number}：呈批稿已改动，您的签批已失效"
    assert told.url == f"/cases/{case.pk}/paper/"
    # The old text again does not bring the signature back.
    read_paper(case, actor=cast.approver, at=LATER)
    with pytest.raises(NotReady):
        advance(case, STEP, actor=cast.approver, at=LATER, document="文号")


def test_a_forged_digest_or_an_unread_draft_is_not_signed(cast: Cast, deputy: User) -> None:
    case = _cadre(cast, deputy)

    with pytest.raises(NotReady):
        sign_paper(case, STEP, actor=deputy, at=LATER)
    read_paper(case, actor=deputy, at=LATER)
    with pytest.raises(Stale):
        sign_paper(case, STEP, actor=deputy, at=LATER, digest="0" * 64)
    with pytest.raises(NotAllowed):
        sign_paper(case, STEP, actor=cast.officer, at=LATER)
    with pytest.raises(Invalid):
        sign_paper(case, "start", actor=deputy, at=LATER)

    assert not Signature.objects.exists()


def test_somebody_with_another_seat_signs_only_by_delegation(cast: Cast, deputy: User) -> None:
    case = _cadre(cast, deputy)
    head, other = cast.approver, a_user("分管领导丙", Role.APPROVER)
    add_member(case, other, actor=cast.officer, at=LATER)
    set_seat(deputy, "deputy", document="任", actor=cast.security_admin, at=LATER)
    set_seat(head, "head", document="任", actor=cast.security_admin, at=LATER)
    set_seat(other, "head", document="任", actor=cast.security_admin, at=LATER)
    for leader in (head, deputy, other):
        read_paper(case, actor=leader, at=LATER)
    with pytest.raises(Refused) as refusal:
        sign_paper(case, STEP, actor=other, at=LATER)
    assert refusal.value.code == "wrong_level"
    day = LATER.date()

    given = delegate(other, from_on=day, until=day + timedelta(days=5), reason="外出学习", actor=deputy, at=LATER)
    row = sign_paper(case, STEP, actor=other, at=LATER)

    assert (row.user, row.for_user, row.level) == (other, deputy, "deputy")
    # He signed in the deputy's place: neither of the two decides as well.
    for leader in (other, deputy):
        with pytest.raises(Refused):
            advance(case, STEP, actor=leader, at=LATER, document="文号")
    with pytest.raises(Refused):
        delegate(head, from_on=day, until=day, reason="又", actor=deputy, at=LATER)
    revoke_delegation(given, actor=deputy, at=LATER)
    assert advance(case, STEP, actor=head, at=LATER, document="文号").state == "filed"


@pytest.mark.parametrize("why", ["recused", "dismissed", "closed", "worked"])
def test_nobody_is_stood_for_who_could_not_sign_himself(cast: Cast, deputy: User, why: str) -> None:
    case = _cadre(cast, deputy)
    principal, other = a_user("分管领导丁", Role.APPROVER, Role.CASE_OFFICER), a_user("分管领导丙", Role.APPROVER)
    add_member(case, other, actor=cast.officer, at=LATER)
    set_seat(principal, "deputy", document="任", actor=cast.security_admin, at=LATER)
    set_seat(other, "head", document="任", actor=cast.security_admin, at=LATER)
    read_paper(case, actor=other, at=LATER)
    delegate(other, from_on=LATER.date(), until=LATER.date(), reason="外出学习", actor=principal, at=LATER)

    if why == "recused":
        declare_tie(principal, kind="relative", person_name="丁某某", actor=principal, at=LATER)
    elif why == "dismissed":
        dismiss(principal.appointments.get(role=Role.APPROVER), actor=cast.security_admin, at=LATER)
    elif why == "closed":
        close_account(principal, actor=cast.system_admin, at=LATER, reason="退休")
    else:
        add_member(case, principal, duty="officer", actor=cast.officer, at=LATER)

    with pytest.raises(Refused) as refusal:
        sign_paper(case, STEP, actor=other, at=LATER)
    assert refusal.value.code == "wrong_level"


def test_evidence_people_and_days_are_bound_by_the_signature(cast: Cast, deputy: User) -> None:
    case = _cadre(cast, deputy)
    suspect = case.suspects.get()
    fact = state_fact(case, "自购矿机", suspects=[suspect], actor=cast.officer, at=LATER)
    first, second = (an_item(cast, collection=a_collection(cast, compartment=case.compartment)) for _time in range(2))
    cite_item(fact, first, stance="for", label="账单", actor=cast.officer, at=LATER)
    signed = read_paper(case, actor=deputy, at=LATER).digest
    changes: dict[str, Callable[[], object]] = {
        # Another thing under the same label, saying the same of the same fact.
        "swapped": lambda: Exhibit.objects.filter(fact=fact).update(item=second),
        "attached": lambda: add_file(first, [b"another page"], name="b.pdf", actor=cast.officer, at=LATER),
        "note": lambda: Exhibit.objects.filter(fact=fact).update(note="另有所证"),
        "standing": lambda: change_standing(
            suspect, actor=cast.officer, at=LATER, reason="函证", conduct_from=date(2021, 1, 1)
        ),
        "whose": fact.suspects.clear,
        "penalty": lambda: a_penalty(cast, suspect, at=LATER),
    }
    for what, change in changes.items():
        with tried(what):
            change()
            assert read_paper(case, actor=deputy, at=LATER).digest != signed
    assert read_paper(case, actor=deputy, at=LATER).digest == signed


@pytest.mark.parametrize(
    ("from_on", "until", "reason"),
    [(-1, 3, "外出"), (0, -1, "外出"), (0, 120, "外出"), (0, 3, "  ")],
)
def test_a_delegation_has_a_period_and_a_reason(
    cast: Cast, deputy: User, from_on: int, until: int, reason: str
) -> None:
    day = LATER.date()

    with pytest.raises(CaseworkError):
        delegate(
            deputy, from_on=day + timedelta(days=from_on), until=day + timedelta(days=until), reason=reason,
            actor=cast.approver, at=LATER,
        )  # fmt: skip


def test_a_delegation_ends_by_itself(cast: Cast, deputy: User) -> None:
    case = _cadre(cast, deputy)
    other = a_user("分管领导丙", Role.APPROVER)
    add_member(case, other, actor=cast.officer, at=LATER)
    for leader, level in ((deputy, "deputy"), (other, "head")):
        set_seat(leader, level, document="任", actor=cast.security_admin, at=LATER)
    delegate(other, from_on=LATER.date(), until=LATER.date(), reason="外出", actor=deputy, at=LATER)
    tomorrow = LATER + timedelta(days=1)
    read_paper(case, actor=other, at=tomorrow)

    with pytest.raises(Refused):
        sign_paper(case, STEP, actor=other, at=tomorrow)


def test_remarks_stand_at_the_part_until_they_are_settled(cast: Cast) -> None:
    case = a_case(cast)
    a_suspect(cast, case)
    case = decide(
        case, "return_paper", cast.approver, f"{DAY} 10:00", reason="改", remarks={"grounds": "写明金额", "suspects": "补职级", "plan": " "}
    )  # fmt: skip
    assert PaperRemark.objects.filter(case=case).count() == 2

    with pytest.raises(NotReady) as refusal:
        advance(case, "resubmit", actor=cast.officer, at=LATER)
    assert len(refusal.value.missing) == 2
    amend_case(case, grounds=case.grounds, answer="金额在附件里", actor=cast.officer, at=LATER)
    with pytest.raises(NotAllowed):
        settle_remark(PaperRemark.objects.get(part="suspects"), actor=cast.approver, at=LATER)
    settle_remark(PaperRemark.objects.get(part="suspects"), actor=cast.officer, at=LATER, answer=" 没有职级 ")
    assert list(case.remarks.order_by("part").values_list("answer", "settled_by")) == [
        ("金额在附件里", cast.officer.pk), ("没有职级", cast.officer.pk),
    ]  # fmt: skip

    assert not advance(case, "resubmit", actor=cast.officer, at=LATER).returned
    with pytest.raises(Invalid):
        decide(case, "return_paper", cast.approver, f"{DAY} 16:00", reason="改", remarks={"nowhere": "?"})


def test_seats_are_for_leaders_and_one_at_a_time(cast: Cast) -> None:
    set_seat(cast.approver, "deputy", document="任", actor=cast.security_admin, at=LATER)
    later = LATER + timedelta(days=9)
    set_seat(cast.approver, "head", document="任", actor=cast.security_admin, at=later)

    seats = list(cast.approver.approval_seats.order_by("from_on").values_list("level", "until"))
    assert seats == [("deputy", date(2021, 9, 26)), ("head", None)]
    with pytest.raises(Invalid):
        set_seat(cast.officer, "head", document="任", actor=cast.security_admin, at=LATER)
    with pytest.raises(NotAllowed):
        set_seat(cast.approver, "head", document="任", actor=cast.approver, at=LATER)
    assert clock.now() > later
