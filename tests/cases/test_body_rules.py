"""What a party organisation and a unit may receive, and what goes together. Pure."""

from datetime import date

import pytest

from cases.body_rules import FAMILIES, refusals_body, why_not_body
from cases.catalogue import catalogue
from cases.ladder import applicable_laws

LAWS = applicable_laws(date(2021, 11, 1), date(2021, 11, 1))
PARTY, UNIT = "party_organisation", "unit"


@pytest.mark.parametrize("receiver", [PARTY, UNIT])
def test_every_measure_for_every_body(receiver: str) -> None:
    for code, measure in sorted(catalogue().measures.items()):
        refusal = why_not_body(code, receiver, LAWS)
        assert (refusal is None) == (measure.family.code in FAMILIES[receiver]), code
        if refusal is not None:
            assert refusal.sentence.startswith("不能"), code
            assert "只适用于" in refusal.why, code
            assert "依据" in refusal.sentence, code
            assert refusal.instead, code


def test_eleven_measures_are_for_bodies() -> None:
    of = {
        receiver: [m.code for f in families for m in catalogue().family(f)] for receiver, families in FAMILIES.items()
    }
    assert of == {
        PARTY: ["PO_CHECK", "PO_CRITICISE", "PO_REORGANISE", "PO_DISSOLVE", "AO_CHECK", "AO_CIRCULAR", "AO_REORGANISE"],
        UNIT: [
            "UM_DISCIPLINE_SUGGESTION", "UM_SUPERVISION_SUGGESTION", "UM_JOINT_SUGGESTION", "UM_RECTIFICATION_NOTICE",
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("codes", "receiver", "whys"),
    [
        (["PO_CHECK"], PARTY, []),
        (["PO_CHECK", "AO_CIRCULAR"], PARTY, []),
        (["AO_CHECK", "AO_CIRCULAR"], PARTY, []),
        (["PO_CHECK", "PO_CRITICISE"], PARTY, ["已选责令党组织作出书面检查，对同一党组织只给一种纪律处理"]),
        (["AO_CHECK", "AO_CHECK"], PARTY, ["同一措施列了两次"]),
        (["PD_WARNING"], PARTY, ["只适用于个人，不适用于党组织"]),
        (["HR_TERMINATE"], UNIT, ["只适用于个人，不适用于单位"]),
        (["PO_CHECK"], UNIT, ["只适用于党组织，不适用于单位"]),
        (["UM_SUPERVISION_SUGGESTION"], PARTY, ["只适用于单位，不适用于党组织"]),
        (
            ["UM_SUPERVISION_SUGGESTION", "UM_RECTIFICATION_NOTICE"],
            UNIT,
            ["已选监察建议书，一份决定只制发一种文书，可以另拟一份"],
        ),
    ],
)
def test_what_goes_together(codes: list[str], receiver: str, whys: list[str]) -> None:
    assert [one.why for one in refusals_body(codes, receiver, LAWS)] == whys
