"""The text of a decision (处分决定书), with the contents that the law demands (公职人员政务处分法第四十五条).

Numbers of articles stand in it only where they were verified; the words before a number never guess.
"""

from collections.abc import Sequence
from datetime import date

from cases.enums_penalties import DecidedBy, Track
from cases.models import Penalty, PenaltyMeasure
from cases.periods import EMPLOYER, GOV, PARTY
from casework.accounts.models import Organisation
from casework.core.moments import cn_date


def organ_of(penalty: Penalty) -> str:
    """Return in whose name the decision is made: the drafter's organisation at the top, or the unit."""
    if penalty.decided_by == DecidedBy.EMPLOYER and penalty.suspect.unit is not None:
        return penalty.suspect.unit.name
    organisation: Organisation = penalty.drafted_by.organisation
    while organisation.parent is not None:
        organisation = organisation.parent
    return organisation.name


def title_of(penalty: Penalty) -> str:
    """Return the title; inside the decision the grade has no 党内 or 政务 before it."""
    grades = [row for row in penalty.measures.all() if row.family in {PARTY, GOV, EMPLOYER}]
    if not grades:
        return f"关于对{penalty.suspect.name}的处理决定"
    names = "、".join(dict.fromkeys(_name(row) for row in grades))
    comrade = "同志" if penalty.suspect.party_member and not any(row.code == "PD_EXPULSION" for row in grades) else ""
    return f"关于给予{penalty.suspect.name}{comrade}{names}处分的决定"


def _name(row: PenaltyMeasure) -> str:
    return row.catalogued.name.partition("（")[0]


def paragraphs(penalty: Penalty, number: str, issued_on: date) -> list[str]:
    """Return the decision, paragraph by paragraph: title, number, person, facts, decision, remedy, organ and day."""
    suspect = penalty.suspect
    unit = suspect.unit.name if suspect.unit else ""
    member = "，中共党员" if suspect.party_member else ""
    text = [
        title_of(penalty),
        number,
        f"{suspect.name}{member}，{unit}{suspect.post}。",
        f"经查，{suspect.name}在{cn_date(penalty.acts_from)}至{cn_date(penalty.acts_until)}期间：{_stop(penalty.grounds)}",
    ]
    if penalty.evidence:
        text.append(f"上述事实，有{penalty.evidence.rstrip('。')}等证据证实。")
    rows = list(penalty.measures.all())
    if rows:
        text.append(_decision(penalty, rows))
        text += _effects(penalty, rows)
    else:
        text.append(f"经研究，决定对{suspect.name}不予处理。{_stop(penalty.reason)}")
    text.append(f"本决定自{cn_date(penalty.effective_on)}起生效。")
    text += _remedies(penalty, rows)
    text += [organ_of(penalty), cn_date(issued_on), "（印章）"]
    return text


def _stop(text: str) -> str:
    return text.strip().rstrip("。") + "。"


def _decision(penalty: Penalty, rows: Sequence[PenaltyMeasure]) -> str:
    articles = "；".join(dict.fromkeys(row.article for row in rows if row.article and row.verified))
    basis = f"依据{articles}，" if articles else ""
    own = [row for row in rows if _is_ours(penalty, row)]
    advised = [row for row in rows if not _is_ours(penalty, row)]
    parts = []
    if own:
        grades = [row for row in own if row.family in {PARTY, GOV, EMPLOYER}]
        others = [row for row in own if row not in grades]
        if grades:
            parts.append(f"给予{penalty.suspect.name}{'、'.join(_name(row) for row in grades)}处分")
        if others:
            parts.append("、".join(row.words for row in others))
    if advised:
        parts.append(f"由有关单位按照权限办理：{'、'.join(row.words for row in advised)}")
    how = "经集体研究，决定" if penalty.track == Track.SANCTION else "决定"
    return f"{basis}{how}{'；'.join(parts)}。"


def _is_ours(penalty: Penalty, row: PenaltyMeasure) -> bool:
    return row.catalogued.family.decider == penalty.decided_by or (
        penalty.decided_by == DecidedBy.EMPLOYER and row.catalogued.family.decider == "commission"
    )


def _effects(penalty: Penalty, rows: Sequence[PenaltyMeasure]) -> list[str]:
    if penalty.period_until is None:
        return []
    period = next((row.catalogued.family.period for row in rows if row.catalogued.family.period), "影响期")
    return [f"{period}自{cn_date(penalty.effective_on)}起至{cn_date(penalty.period_until)}止。"]


def _remedies(penalty: Penalty, rows: Sequence[PenaltyMeasure]) -> list[str]:
    families = {row.family for row in rows}
    text = []
    if PARTY in families:
        text.append(
            "如对给予的党纪处分不服，可以向本机关提出申诉，也可以向上级直至中共中央提出申诉。申诉期间不停止决定的执行。"
        )
    if GOV in families:
        text.append(
            "如对给予的政务处分不服，可以自收到本决定之日起一个月内向本机关申请复审；对复审决定仍不服的，"
            "可以自收到复审决定之日起一个月内向上一级监察机关申请复核。复审、复核期间不停止决定的执行。"
        )
    if EMPLOYER in families:
        text.append("如对单位处分不服，可以依照有关规定申请复核、提出申诉。复核、申诉期间不停止处分的执行。")
    return text or ["如对本处理不服，可以向本机关提出。"]
