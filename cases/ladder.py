"""Which handling is lawful for whom, with article and reason. Pure: no Django, no database, no clock.

The ladder proposes a range and refuses what the law forbids; it never decides. Sentences about the law are Chinese,
as the law is. Sources: ``cases/data`` (each row with article, version and confidence).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from cases.catalogue import Basis, Measure, applicable, basis_words, catalogue, laws_on
from cases.periods import EMPLOYER, GOV, PARTY

ESTABLISHED: Final = frozenset({"civil_servant", "institution_manager", "institution_staff", "soe_manager"})
HIRED: Final = frozenset({"contract", "temporary", "dispatched"})
MANAGING: Final = frozenset({"civil_servant", "institution_manager", "soe_manager"})
THREE_LIGHT: Final = frozenset({"GS_WARNING", "GS_DEMERIT", "GS_MAJOR_DEMERIT"})


class Decider(StrEnum):
    """In whose name the handling is decided."""

    COMMISSION = "commission"
    EMPLOYER = "employer"


@dataclass(frozen=True)
class Standing:
    """What a person was when the acts took place and is now; ``None`` = not yet found out."""

    name: str
    party_member: bool | None = None
    public_official: bool | None = None
    employment: str = ""
    party_post: bool = False
    leading_cadre: bool | None = False
    village_cadre: bool = False
    retired: bool = False
    deceased: bool = False
    elected: bool = False


@dataclass(frozen=True)
class MeasureSpec:
    """One measure with its particulars.

    ``months`` sets an administrative period inside what the law allows, or the length of 停职检查; ``quantity`` with
    ``unit`` ("month" or "quarter") says how much bonus is deducted; ``amount`` is yuan, for money.
    """

    code: str
    months: int | None = None
    quantity: int | None = None
    unit: str = ""
    amount: Decimal | None = None
    note: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why a measure is not lawful here: what, because of what, by which rule, what is open instead."""

    code: str
    title: str
    why: str
    basis: tuple[Basis, ...] = ()
    instead: tuple[str, ...] = ()

    @property
    def article(self) -> str:
        """The rule, with its number only where it was verified."""
        return basis_words(self.basis)

    @property
    def sentence(self) -> str:
        """The whole refusal as one plain sentence."""
        verb = "给予" if self.code[:3] in {"PD_", "GS_", "IS_", "EM_"} else "采用"
        stand = self.article if self.article == "依据待核" else f"依据{self.article}"
        text = f"不能{verb}{self.title}：{self.why}。{stand}。"
        return f"{text}可以选择{'、'.join(self.instead)}。" if self.instead else text


def applicable_laws(acts_until: date, decided_on: date) -> dict[str, str]:
    """Return the law version by family: party rules of the time of the act, procedure of the time of decision.

    An act that continued over a change counts by its last day. The comparison with a milder later text (从旧兼从轻)
    needs the conduct and is made in ``cases.ranges``.
    """
    chosen = {law.family: law.code for law in laws_on(decided_on).values()}
    then = {law.family: law.code for law in laws_on(min(acts_until, decided_on)).values()}
    return {**chosen, **({"CDR": then["CDR"]} if "CDR" in then else {})}


def rule(name: str, laws: Mapping[str, str]) -> tuple[Basis, ...]:
    """Return the basis of a named rule in the applicable law versions."""
    return applicable(catalogue().rules[name], laws.values())


def measure_basis(measure: Measure, laws: Mapping[str, str]) -> tuple[Basis, ...]:
    """Return the basis of a measure in the applicable law versions."""
    return measure.basis_on(laws.values())


def _party_reason(measure: Measure, standing: Standing) -> tuple[str, str] | None:
    if standing.party_member is None:
        return f"{standing.name}是否中共党员尚未查明", "party_only"
    if not standing.party_member:
        return f"{standing.name}不是中共党员", "party_only"
    if measure.code == "PD_REMOVAL" and not standing.party_post:
        return f"{standing.name}没有党内职务", "party_posts"
    if measure.code == "PD_SERIOUS_WARNING_IN_LIEU" and standing.party_post:
        return f"{standing.name}有党内职务，应当撤销党内职务的直接撤销", "party_posts"
    return None


def _gov_reason(measure: Measure, standing: Standing) -> tuple[str, str] | None:
    if standing.retired:
        return f"{standing.name}已经退休，不再给予政务处分，可以依法调整待遇", "gov_retired"
    if standing.village_cadre:
        if measure.code not in THREE_LIGHT:
            return "基层群众性自治组织中从事管理的人员只能给予警告、记过、记大过", "gov_villagers"
        return None
    if standing.public_official is None:
        return f"{standing.name}是否公职人员尚未查明", "gov_only"
    if not standing.public_official:
        return f"{standing.name}不是公职人员", "gov_only"
    if standing.employment not in MANAGING and measure.code not in THREE_LIGHT:
        return f"{standing.name}是非管理人员，只能给予警告、记过、记大过，不在其余档次的适用对象内", "gov_others"
    return None


def _employer_reason(measure: Measure, standing: Standing, decider: Decider) -> tuple[str, str] | None:
    if standing.retired:
        return f"{standing.name}已经退休", "gov_retired"
    if measure.code.startswith("IS_"):
        if standing.employment != "institution_staff":
            return f"{standing.name}不是事业单位非管理人员", "institution_staff"
    elif standing.employment not in MANAGING:
        return f"{standing.name}不是公务员、事业单位管理人员或者国有企业管理人员", "employer_subjects"
    if measure.code == "IS_POST_DOWNGRADE" and decider is Decider.COMMISSION:
        return "只能由任免机关、单位作出，监察机关不得直接使用", "institution_staff"
    return None


def _labour_reason(measure: Measure, standing: Standing) -> tuple[str, str] | None:
    if standing.retired:
        return f"{standing.name}已经退休", "contract"
    if not standing.employment:
        return f"{standing.name}的用工形式尚未查明", "contract"
    if measure.code == "HR_RETURN_DISPATCH" and standing.employment != "dispatched":
        return f"{standing.name}不是劳务派遣人员", "dispatched"
    if measure.code == "HR_TERMINATE" and standing.employment in ESTABLISHED:
        return f"{standing.name}是在编人员，不适用劳动合同的解除", "contract"
    return None


_OTHER: Final[Mapping[str, tuple[str, str]]] = {
    "party_org": ("只适用于党组织，不适用于个人", "party_organisation"),
    "accountability_org": ("只适用于党组织，不适用于个人", "accountability"),
    "unit_measure": ("只适用于单位，不适用于个人", "unit_only"),
}


def _reason(measure: Measure, standing: Standing, decider: Decider) -> tuple[str, str] | None:
    family = measure.family.code
    if standing.deceased and family != "property":
        return f"{standing.name}已经去世", "gov_retired"
    if measure.code == "PR_ENERGY_CONFISCATE":
        return "由节能主管部门作出，不是纪检监察机关的措施", "energy"
    if family in _OTHER:
        return _OTHER[family]
    if family == PARTY:
        return _party_reason(measure, standing)
    if family == GOV:
        return _gov_reason(measure, standing)
    if family == EMPLOYER:
        return _employer_reason(measure, standing, decider)
    if family == "labour":
        return _labour_reason(measure, standing)
    if family in {"org_handling", "accountability_leader"} and not standing.leading_cadre:
        return f"{standing.name}不是领导干部", "leading_cadre" if family == "org_handling" else "accountability"
    if measure.code == "FF_DEMOCRATIC_MEETING" and not standing.party_member:
        return f"{standing.name}不是中共党员", "party_only"
    return None


def why_not(
    code: str, standing: Standing, laws: Mapping[str, str], decider: Decider = Decider.COMMISSION
) -> Refusal | None:
    """Return why the person cannot receive the measure, or None when the standing allows it."""
    measure = catalogue().measures[code]
    found = _reason(measure, standing, decider)
    if found is None:
        return None
    return Refusal(code, measure.title, found[0], rule(found[1], laws), _instead(measure, standing, decider))


_ORDER: Final = (
    "PD_WARNING",
    "GS_WARNING",
    "IS_WARNING",
    "EM_WARNING",
    "HR_TERMINATE",
    "HR_RETURN_DISPATCH",
    "HR_BONUS_CUT",
    "FF_CRITICISE_EDUCATE",
    "FF_SELF_CHECK",
    "FF_ADMONISH",
    "PR_COLLECT",
)


def _instead(measure: Measure, standing: Standing, decider: Decider) -> tuple[str, ...]:
    """Name up to four lawful measures, sanctions first, none of the refused family's kind of mistake."""
    found = []
    for code in _ORDER:
        other = catalogue().measures[code]
        if other is not measure and _reason(other, standing, decider) is None:
            found.append(other.title)
    return tuple(found[:4])


def combination(specs: Sequence[MeasureSpec], laws: Mapping[str, str]) -> list[Refusal]:
    """Return what is wrong with the measures taken together, whoever receives them."""
    measures = [catalogue().measures[spec.code] for spec in specs]
    wrong: list[Refusal] = []
    seen: set[str] = set()
    for measure in measures:
        if measure.code in seen:
            wrong.append(Refusal(measure.code, measure.title, "同一措施列了两次"))
        seen.add(measure.code)
    party = [m for m in measures if m.family.code == PARTY]
    wrong += [
        Refusal(
            extra.code,
            extra.title,
            f"已选{party[0].title}，数个违纪行为合并处理，只给一个党纪处分",
            rule("party_combine", laws),
        )
        for extra in party[1:]
    ]
    state = [m for m in measures if m.family.code in {GOV, EMPLOYER}]
    wrong += [
        Refusal(
            extra.code,
            extra.title,
            f"已选{state[0].title}，对同一违法行为不得重复给予政务处分和处分",
            rule("gov_double" if state[0].family != extra.family else "gov_combine", laws),
        )
        for extra in state[1:]
    ]
    if {"HR_TERMINATE", "HR_RETURN_DISPATCH"} <= seen:
        measure = catalogue().measures["HR_RETURN_DISPATCH"]
        wrong.append(Refusal(measure.code, measure.title, "已选解聘，两者只能选一", rule("dispatched", laws)))
    return wrong


def particulars(specs: Sequence[MeasureSpec]) -> list[Refusal]:
    """Return what is wrong with the particulars: missing, not fitting, or out of what the law allows."""
    wrong = []
    for spec in specs:
        measure = catalogue().measures[spec.code]
        why = _particulars(measure, spec)
        if why:
            wrong.append(Refusal(spec.code, measure.title, why, measure.basis[:1]))
    return wrong


def _particulars(measure: Measure, spec: MeasureSpec) -> str:
    if measure.code == "HR_BONUS_CUT":
        if not spec.quantity or spec.quantity < 1 or spec.unit not in {"month", "quarter"}:
            return "没有写明扣除几个月或者几个季度"
    elif spec.quantity is not None:
        return "这项措施没有数量"
    if spec.amount is not None:
        if measure.family.code != "property":
            return "这项措施不计金额"
        if spec.amount <= 0:
            return "金额须大于 0 元"
    if spec.months is None:
        return ""
    if measure.max_months is not None:
        return "" if 0 < spec.months <= measure.max_months else f"期限最长 {measure.max_months} 个月"
    if measure.family.code != GOV or measure.months is None:
        return "期限由法律规定，不能另定"
    if not measure.months <= spec.months <= 48:
        return f"政务处分期须在 {measure.months} 至 48 个月之间"
    return ""


@dataclass(frozen=True)
class Prior:
    """An earlier sanction of the same person that still stands."""

    code: str
    #: Empty where it was given in another case: that one its reader may not know of.
    number: str
    acts_from: date
    acts_until: date
    conducts: frozenset[str] = field(default_factory=frozenset)


def double(
    specs: Sequence[MeasureSpec],
    priors: Iterable[Prior],
    *,
    acts_from: date,
    acts_until: date,
    conducts: Iterable[str],
    laws: Mapping[str, str],
) -> list[Refusal]:
    """Return refusals for a second administrative or employer sanction, or a second party one, for the same act.

    The same act: the same conduct, in days that overlap. Where the conduct is not named, overlapping days suffice.
    """
    wrong = []
    mine = frozenset(conducts)
    for spec in specs:
        measure = catalogue().measures[spec.code]
        for prior in priors:
            earlier = catalogue().measures[prior.code]
            same_track = {measure.family.code, earlier.family.code} <= {GOV, EMPLOYER} or (
                measure.family.code == earlier.family.code == PARTY
            )
            overlap = prior.acts_from <= acts_until and acts_from <= prior.acts_until
            if not (same_track and overlap and (not mine or not prior.conducts or mine & prior.conducts)):
                continue
            name = "party_combine" if measure.family.code == PARTY else "gov_double"
            wrong.append(
                Refusal(
                    spec.code,
                    measure.title,
                    f"同一行为已给予{earlier.title}{f'（{prior.number}）' if prior.number else ''}，不得重复处分",
                    rule(name, laws),
                )
            )
    return wrong
