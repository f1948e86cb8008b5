"""Facts and what proves them: verdicts, sources that count once, evidence against."""

import csv
import io

import openpyxl
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
from tests.cases.test_penalty_pages import browse
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


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_matrix_as_a_file(cast: Cast, kind: str) -> None:
    case = walk(cast, a_case(cast), "investigating")
    suspect = case.suspects.get()
    proved = a_proved_fact(cast, case, suspect)
    doubted = a_record(cast, case, person_name="李某")
    lone = state_fact(case, "=持续 111 天", suspects=[suspect], actor=cast.officer, at=LATER)
    state_fact(case, "没有人说过的事", actor=cast.officer, at=LATER)
    drop_fact(
        state_fact(case, "不再认定的事", actor=cast.officer, at=LATER), actor=cast.officer, at=LATER, reason="查无"
    )
    assert doubted.item is not None
    cite_item(
        proved, doubted.item, stance=Stance.AGAINST, label="李某", note="说是借来的", actor=cast.officer, at=LATER
    )
    cite_item(lone, doubted.item, stance=Stance.FOR, actor=cast.officer, at=LATER)
    amend_fact(proved, contradiction_note="李某当日不在场", actor=cast.officer, at=LATER)
    amend_fact(lone, lone_reason="另有用电记录", actor=cast.officer, at=LATER)
    beside = state_fact(a_case(cast, title="旁案"), "旁案的事", actor=cast.officer, at=LATER)
    url = reverse("cases:matrix", args=[case.pk])

    answer = browse(cast.officer).get(url, {"export": kind})

    body = b"".join(answer.streaming_content)
    if kind == "csv":
        table = [list(row) for row in csv.reader(io.StringIO(body.decode("utf-8-sig")))]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(body)).active
        table = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    heads, *rows = table
    said = [dict(zip(heads, row, strict=True)) for row in rows]
    assert [(one["事实序号"], one["证物简称"], one["方向"], one["来源"]) for one in said] == [
        ("1", "谈话1", "支持", "丁某某的陈述"),
        ("1", "谈话2", "支持", "王某的陈述"),
        ("1", "李某", "反对", "李某的陈述"),
        ("2", "李某", "支持", "李某的陈述"),
        ("3", "", "", ""),
    ]
    assert [(one["结论"], one["孤证"], one["独立来源（个）"]) for one in said[2:]] == [
        ("有矛盾，已说明", "否", "2"),
        ("孤证，已说明", "是", "1"),
        ("无证据", "否", "0"),
    ]
    assert (said[2]["矛盾说明"], said[3]["孤证说明"], said[2]["证明内容"]) == (
        "李某当日不在场",
        "另有用电记录",
        "说是借来的",
    )
    assert said[3]["待证事实"] == "'=持续 111 天"  # no spreadsheet takes it for a formula
    assert beside.statement not in str(table)
    entry = Entry.objects.filter(kind="case.matrix_exported").get()
    assert (entry.ref, entry.actor_id, entry.payload["data"]) == (f"case:{case.pk}", cast.officer.pk, {"rows": 5})


def test_whoever_may_know_of_the_case_takes_its_matrix_and_nobody_else(cast: Cast) -> None:
    case = walk(cast, a_case(cast), "investigating")
    a_proved_fact(cast, case, case.suspects.get())
    beside = a_case(cast, title="旁案")
    url = reverse("cases:matrix", args=[case.pk])

    answers = {name: browse(user).get(url, {"export": "csv"}).status_code for name, user in cast.everyone().items()}

    allowed = {name for name, status in answers.items() if status == 200}
    page = reverse("cases:detail", args=[case.pk])
    pages = {name for name, user in cast.everyone().items() if browse(user).get(page).status_code == 200}
    assert allowed == pages >= {"officer", "second_officer", "approver", "auditor"}
    assert set(answers.values()) <= {200, 403, 404}
    taken = Entry.objects.filter(kind="case.matrix_exported")
    assert (taken.count(), {entry.ref for entry in taken}) == (len(allowed), {f"case:{case.pk}"})
    assert not Entry.objects.filter(kind="case.matrix_exported", ref=f"case:{beside.pk}").exists()
    # Without a format nothing goes out and nothing is noted.
    assert browse(cast.officer).get(url).url == reverse("cases:detail", args=[case.pk]) + "#matrix"
    assert Entry.objects.filter(kind="case.matrix_exported").count() == len(allowed)
