"""The bundle of a case: by its number or its key, with what was taken for it and what is cited in it."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cases.enums import Stance
from cases.services.facts import cite_item, state_fact
from evidence.services.bundle import subject_of
from tests.build import a_compartment, moment
from tests.build_cases import a_case
from tests.build_evidence import a_collection, an_item
from tests.cast import Cast


def test_a_case_is_bundled_with_its_own_and_its_cited_items(cast: Cast, tmp_path: Path) -> None:
    case = a_case(cast)
    own = an_item(cast, collection=a_collection(cast, compartment=case.compartment), parts=1)
    elsewhere = an_item(cast, collection=a_collection(cast, compartment=a_compartment(*cast.members())))
    stranger = an_item(cast)
    fact = state_fact(case, "用机房电力挖矿", actor=cast.officer, at=moment("2021-09-18 12:00"))
    cite_item(fact, elsewhere, stance=Stance.FOR, label="矿机", actor=cast.officer, at=moment("2021-09-18 12:00"))

    for ref in (f"case:{case.pk}", case.number):
        assert {item.pk for item in subject_of(ref).items} == {own.pk, elsewhere.pk}

    call_command("bundle", case.number, str(tmp_path / "b"), stdout=io.StringIO())
    assert subprocess.run([sys.executable, str(tmp_path / "b" / "verify.py"), str(tmp_path / "b")]).returncode == 0
    report = (tmp_path / "b" / "report.html").read_text(encoding="utf-8")
    assert case.title in report
    assert own.number in report
    assert own.parts.get().number in report
    assert stranger.number not in report


@pytest.mark.parametrize("ref", ["case:0", "case:x", "浙纪立〔1999〕1号", "nothing:1", "12"])
def test_what_is_not_there_is_said(cast: Cast, tmp_path: Path, ref: str) -> None:
    with pytest.raises(CommandError, match="没有"):
        call_command("bundle", ref, str(tmp_path / "b"))

    assert not (tmp_path / "b").exists()
