"""Which measures a party organisation or a unit may receive, and which go together. Pure: no Django, no database.

Sources: 纪律处分条例第九条, 问责条例第五条、第八条, 监督执纪工作规则第十九条, 监察法实施条例第二百三十五条 (``cases/data``).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from cases.catalogue import Measure, catalogue
from cases.ladder import Refusal, rule

#: The families that a body may receive, by what kind of body it is.
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "party_organisation": ("party_org", "accountability_org"),
    "unit": ("unit_measure",),
}
#: The named rule behind each family, and for whom it is.
_FOR: Final = {
    "party_org": ("party_organisation", "只适用于党组织，不适用于单位"),
    "accountability_org": ("accountability", "只适用于党组织，不适用于单位"),
    "unit_measure": ("unit_only", "只适用于单位，不适用于党组织"),
}
#: Reorganising and dissolving are decided above, so they need that decision's document.
FROM_ABOVE: Final = frozenset({"PO_REORGANISE", "PO_DISSOLVE", "AO_REORGANISE"})
#: Recommendations, which have to state by when, how to answer and how to object (监察法实施条例第二百三十五条).
RECOMMENDATIONS: Final = frozenset({"UM_DISCIPLINE_SUGGESTION", "UM_SUPERVISION_SUGGESTION", "UM_JOINT_SUGGESTION"})


def for_bodies(receiver: str) -> list[Measure]:
    """Return the measures that this kind of body may receive, in the order of the catalogue."""
    return [row for row in catalogue().measures.values() if row.family.code in FAMILIES[receiver]]


def why_not_body(code: str, receiver: str, laws: Mapping[str, str]) -> Refusal | None:
    """Return why the body cannot receive the measure, or None when it can."""
    measure = catalogue().measures[code]
    if measure.family.code in FAMILIES[receiver]:
        return None
    instead = tuple(one.title for one in for_bodies(receiver))[:4]
    if measure.family.code in _FOR:
        name, why = _FOR[measure.family.code]
        return Refusal(code, measure.title, why, rule(name, laws), instead)
    name = "party_organisation" if receiver == "party_organisation" else "unit_only"
    whom = "党组织" if receiver == "party_organisation" else "单位"
    return Refusal(code, measure.title, f"只适用于个人，不适用于{whom}", rule(name, laws), instead)


def refusals_body(codes: Sequence[str], receiver: str, laws: Mapping[str, str]) -> list[Refusal]:
    """Return everything that forbids these measures for this body: the receiver, and what does not go together."""
    wrong = [refusal for code in codes if (refusal := why_not_body(code, receiver, laws)) is not None]
    for place, code in enumerate(codes):
        measure = catalogue().measures[code]
        family = measure.family.code
        before = [catalogue().measures[one] for one in codes[:place]]
        same = next((one for one in before if one.family.code == family), None)
        if measure in before:
            wrong.append(Refusal(code, measure.title, "同一措施列了两次"))
        elif same is not None and family == "party_org":
            why = f"已选{same.title}，对同一党组织只给一种纪律处理"
            wrong.append(Refusal(code, measure.title, why, rule("party_organisation", laws)))
        elif same is not None and family == "unit_measure":
            why = f"已选{same.title}，一份决定只制发一种文书，可以另拟一份"
            wrong.append(Refusal(code, measure.title, why, rule("unit_only", laws)))
    return wrong
