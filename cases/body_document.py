"""The text of a decision on a party organisation or a unit; numbers of articles only where they were verified."""

from datetime import date

from cases.body_rules import RECOMMENDATIONS
from cases.enums_bodies import Receiver
from cases.models import BodyDecision
from casework.accounts.models import Organisation
from casework.core.moments import cn_date


def body_organ(decision: BodyDecision) -> str:
    """Return in whose name the decision is made: the drafter's organisation at the top."""
    organisation: Organisation = decision.drafted_by.organisation
    while organisation.parent is not None:
        organisation = organisation.parent
    return organisation.name


def body_title(decision: BodyDecision) -> str:
    """Return the title: a recommendation and a notice carry their own name, all else is a decision."""
    titles = [row.title for row in decision.measures.all()]
    if decision.receiver == Receiver.UNIT:
        return f"关于{decision.case.title}的{titles[0]}" if titles else ""
    names = dict.fromkeys(row.catalogued_name for row in decision.measures.all())
    asked = any(row.family == "accountability_org" for row in decision.measures.all())
    return f"关于对{decision.body}{'予以问责（' if asked else '给予'}{'、'.join(names)}{'）' if asked else ''}的决定"


def _stop(text: str) -> str:
    return f"{text.strip().rstrip('。')}。"


def body_paragraphs(decision: BodyDecision, number: str, issued_on: date) -> list[str]:
    """Return the paper, paragraph by paragraph: title, number, to whom, facts, decision, what is asked, organ, day."""
    rows = list(decision.measures.all())
    articles = "；".join(dict.fromkeys(row.article for row in rows if row.article and row.verified))
    basis = f"依据{articles}，" if articles else ""
    text = [body_title(decision), number, f"{decision.body}：", f"经查，{_stop(decision.grounds)}"]
    if decision.evidence.strip():
        text.append(f"上述事实，有{decision.evidence.strip().rstrip('。')}等证据证实。")
    if decision.receiver == Receiver.UNIT:
        recommends = any(row.code in RECOMMENDATIONS for row in rows)
        text.append(f"{basis}现{'提出如下建议' if recommends else '通知如下'}：")
        text += [line for line in decision.demand.splitlines() if line.strip()]
        if decision.rectify_by:
            feedback = _stop(decision.feedback) if decision.feedback.strip() else ""
            text.append(f"请于{cn_date(decision.rectify_by)}前完成整改。{feedback}")
        if decision.objection.strip():
            text.append(_stop(decision.objection))
        if recommends:
            text.append("无正当理由拒不采纳本建议的，依照监察法的规定处理。")
    else:
        text.append(f"{basis}经集体研究，决定对{decision.body}{'、'.join(row.catalogued_name for row in rows)}。")
        text += [line for line in decision.demand.splitlines() if line.strip()]
        text.append(f"本决定自{cn_date(decision.effective_on or issued_on)}起生效。")
        text.append("如对本决定不服，可以依照有关规定提出书面申诉。申诉期间不停止决定的执行。")
    return [*text, body_organ(decision), cn_date(issued_on), "（印章）"]
