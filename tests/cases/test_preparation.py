"""Many drafts in one pass: from settled facts alone, each its own, each still decided one by one."""

from datetime import date
from typing import Any

import pytest

from cases.enums_penalties import PenaltyState
from cases.ladder import MeasureSpec
from cases.models import Case, Penalty, Suspect
from cases.selectors.preparation import candidates, dossiers
from cases.services import preparation
from cases.services.penalties import advance_penalty
from cases.services.preparation import prepare_penalties
from casework.core.errors import Invalid, Refused
from casework.ledger.models import Entry
from tests.build import moment
from tests.build_cases import a_case, a_proved_fact, a_suspect
from tests.build_penalties import DRAFTED, MINING
from tests.cases.test_penalty_pages import browse, text
from tests.cast import Cast

PAGE = "/penalties/prepare/"
WARNING = [MeasureSpec("PD_WARNING")]
DAYS = {"conduct_from": date(2021, 3, 1), "conduct_until": date(2021, 8, 31), "employment": "institution_staff"}


def _person(cast: Cast, case: Case, name: str, *, proved: bool = True, **fields: Any) -> Suspect:
    suspect = a_suspect(cast, case, name)
    Suspect.objects.filter(pk=suspect.pk).update(**{**DAYS, "party_member": True, "public_official": False, **fields})
    suspect.refresh_from_db()
    if proved:
        a_proved_fact(cast, case, suspect, f"{name}用单位电脑挖矿")
    return suspect


def test_only_those_whose_facts_stand_get_a_draft(cast: Cast) -> None:
    case, other = a_case(cast), a_case(cast)
    ready, second = _person(cast, case, "甲某某"), _person(cast, case, "乙某某")
    unproved = _person(cast, case, "丙某某", proved=False)
    worker = _person(cast, case, "丁某某", party_member=False)
    bystander = _person(cast, other, "戊某某")
    before = Entry.objects.filter(kind="penalty.drafted").count()
    done = prepare_penalties(
        [second, ready, unproved, worker, ready], measures=WARNING, findings=[MINING], actor=cast.officer,
        at=moment("2021-12-01 09:00"),
    )  # fmt: skip
    assert {penalty.suspect.name for penalty in done.drafted} == {"甲某某", "乙某某"}
    why = {suspect.name: words for suspect, words in done.refused}
    assert "没有待证事实" in why["丙某某"]
    assert "不是中共党员" in why["丁某某"]
    grounds = {penalty.suspect.name: penalty.grounds for penalty in done.drafted}
    assert grounds["甲某某"] == "甲某某用单位电脑挖矿"
    assert all(penalty.state == PenaltyState.PROPOSED and penalty.evidence for penalty in done.drafted)
    assert Entry.objects.filter(kind="penalty.drafted").count() == before + 2
    assert not Penalty.objects.filter(suspect__in=[bystander, unproved, worker]).exists()
    first = done.drafted[0]
    with pytest.raises(Refused) as early:
        advance_penalty(first, "approve", digest=first.digest, actor=cast.approver, at=moment("2021-12-02 09:00"))
    assert early.value.code == "wrong_state", "each is told, heard and decided by itself"


def test_a_second_pass_makes_no_second_draft(cast: Cast) -> None:
    person = _person(cast, a_case(cast), "甲某某")
    data = {"measures": WARNING, "actor": cast.officer, "at": moment("2021-12-01 09:00")}
    assert len(prepare_penalties([person], **data).drafted) == 1
    again = prepare_penalties([person], **data)
    assert not again.drafted
    assert "已有处分（处理）建议" in again.refused[0][1]
    assert not candidates(cast.officer).filter(pk=person.pk).exists()


def test_nobody_and_too_many_are_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"measures": WARNING, "actor": cast.officer, "at": DRAFTED}
    with pytest.raises(Invalid, match="还没有选中"):
        prepare_penalties([], **data)
    case = a_case(cast)
    monkeypatch.setattr(preparation, "CAP", 1)
    with pytest.raises(Invalid, match="一次最多为 1 人"):
        prepare_penalties([_person(cast, case, "甲某某"), _person(cast, case, "乙某某")], **data)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"conduct_from": None}, "行为起止日期没有登记"),
        ({"party_member": None}, "身份尚未查明"),
        ({"public_official": None}, "身份尚未查明"),
        ({"employment": ""}, "身份尚未查明"),
    ],
)
def test_what_is_missing_is_said(cast: Cast, fields: dict[str, Any], words: str) -> None:
    person = _person(cast, a_case(cast), "甲某某", **fields)
    (dossier,) = dossiers([person])
    assert [str(one.text) for one in dossier.missing] == [words]


def test_who_does_not_work_on_a_case_prepares_nothing_of_it(cast: Cast) -> None:
    person = _person(cast, a_case(cast), "甲某某")
    refused = prepare_penalties([person], measures=WARNING, actor=cast.approver, at=DRAFTED).refused
    assert len(refused) == 1
    assert not Penalty.objects.exists()
    assert not candidates(cast.outsider).exists()


def test_on_the_page(cast: Cast) -> None:
    case = a_case(cast)
    ready, worker = _person(cast, case, "甲某某"), _person(cast, case, "丁某某", party_member=False)
    client = browse(cast.officer)
    shown = text(client.get(PAGE))
    assert "甲某某" in shown
    assert "甲某某用单位电脑挖矿" in shown
    form = {
        "people": [ready.pk, worker.pk, 0], "conduct_1": MINING.code, "severity_1": "light", "party": "PD_WARNING",
        "decided_by": "commission",
    }  # fmt: skip
    done = client.post(PAGE, form)
    assert done.status_code == 200
    assert [penalty.suspect.name for penalty in done.context["done"].drafted] == ["甲某某"]
    assert "丁某某不是中共党员" in text(done)
    assert client.post(PAGE, {**form, "people": []}).status_code == 400
    for who in ("approver", "auditor", "unit_leader"):
        assert browse(getattr(cast, who)).get(PAGE).status_code in {403, 404}
    outsider = browse(cast.outsider).post(PAGE, {**form, "people": [worker.pk]})
    assert outsider.status_code == 400
    assert Penalty.objects.count() == 1


def test_facts_are_read_in_the_same_few_queries(cast: Cast, django_assert_num_queries: Any) -> None:
    case = a_case(cast)
    people = [_person(cast, case, f"某某{n}") for n in range(3)]
    with django_assert_num_queries(3):
        assert len(dossiers(people)) == 3
