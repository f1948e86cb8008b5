"""The procedure of a decision on a party organisation or a unit as data: every move there is.

The same rows guard ``services.bodies``, draw the buttons and what is missing, and fill the API's ``actions``.
A party organisation is heard and a body votes; a recommendation or a notice to a unit may go straight to the leader.
Sources: 纪律处分条例第九条, 问责条例, 监督执纪工作规则第十九条, 监察法实施条例第二百三十五条.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.body_rules import RECOMMENDATIONS, refusals_body
from cases.enums import Side
from cases.enums_bodies import BodyActKind, BodyState, Receiver
from cases.models import BodyDecision
from casework.accounts.enums import Role
from casework.core.errors import Missing
from casework.core.moments import cn_date
from casework.ledger.canonical import encode, plain

Text = str | Promise


@dataclass(frozen=True)
class BodyGate:
    """``find`` returns what is missing; ``met`` is shown when nothing is."""

    name: str
    met: Text
    find: Callable[[BodyDecision], list[Missing]]


@dataclass(frozen=True)
class BodyStep:
    """One row of the table; ``short_froms`` are further states from which a decision on a unit may take it."""

    name: str
    label: Text
    froms: tuple[BodyState, ...]
    to: BodyState
    kind: BodyActKind
    roles: tuple[Role, ...]
    sides: tuple[Side, ...]
    gates: tuple[BodyGate, ...] = ()
    short_froms: tuple[BodyState, ...] = ()
    basis: Text = ""
    back: bool = False

    def begins(self, decision: BodyDecision) -> bool:
        """Tell whether the decision stands where this step begins."""
        short = decision.receiver == Receiver.UNIT and decision.state in self.short_froms
        return decision.state in self.froms or short


def codes_of(decision: BodyDecision) -> list[str]:
    """Return the codes of the measures, in their order."""
    return [row.code for row in decision.measures.all()]


def content_of_body(decision: BodyDecision) -> dict[str, Any]:
    """Return what an approval is bound to, in Chinese whatever language the reader has chosen."""
    with translation.override("zh-hans"):
        return {
            "对象": f"{decision.body}（{decision.get_receiver_display()}）",
            "单位": decision.unit.name,
            "措施": [row.title for row in decision.measures.all()],
            "依据": [row.article for row in decision.measures.all()],
            "事实": decision.grounds,
            "证据": decision.evidence,
            "建议或者要求": decision.demand,
            "整改期限": cn_date(decision.rectify_by) if decision.rectify_by else "",
            "反馈要求": decision.feedback,
            "提出异议的期限和方式": decision.objection,
        }


def digest_of_body(decision: BodyDecision) -> str:
    """Return the SHA-256 of the canonical bytes of the content, in hex."""
    return hashlib.sha256(encode(plain(content_of_body(decision)))).hexdigest()


def _edit(decision: BodyDecision) -> str:
    return reverse("cases:body-edit", args=[decision.pk])


def _form(decision: BodyDecision, step: str) -> str:
    return reverse("cases:body-step", args=[decision.pk, step])


def _lawful(decision: BodyDecision) -> list[Missing]:
    found = refusals_body(codes_of(decision), decision.receiver, decision.laws)
    return [Missing(one.sentence, _edit(decision), _("去改")) for one in found]


def _evidence(decision: BodyDecision) -> list[Missing]:
    if decision.evidence.strip():
        return []
    return [Missing(_("没有写明认定事实的证据"), _edit(decision), _("去写"))]


def _heard(decision: BodyDecision) -> list[Missing]:
    if decision.acts.filter(kind=BodyActKind.HEARD, digest=decision.digest).exists():
        return []
    text = _("没有就现在的事实和处理听取该组织的意见")
    return [Missing(text, _form(decision, "hear"), _("去登记"))]


def _voted(decision: BodyDecision) -> list[Missing]:
    if decision.receiver == Receiver.UNIT:
        return []
    held = decision.acts.filter(kind=BodyActKind.DELIBERATED, digest=decision.digest).last()
    url = _form(decision, "deliberate")
    if held is None:
        return [Missing(_("这一稿没有集体审议"), url, _("去登记"))]
    said = {"n": held.present or 0, "all": held.members or 0, "yes": held.votes_for or 0}
    if not held.quorate:
        return [Missing(_("审议到会 %(n)s 人，未过应到 %(all)s 人的半数") % said, url, _("再审议"))]
    if not held.carried:
        return [Missing(_("审议同意 %(yes)s 票，未过应到 %(all)s 人的半数") % said, url, _("再审议"))]
    return []


def _contents(decision: BodyDecision) -> list[Missing]:
    """What the paper has to state; a recommendation the five contents of 监察法实施条例第二百三十五条."""
    asked = bool(RECOMMENDATIONS & set(codes_of(decision)))
    wanted: list[tuple[object, str]] = [(decision.evidence.strip(), _("文书缺证据"))]
    if decision.receiver == Receiver.UNIT:
        wanted.append((decision.demand.strip(), _("文书缺建议或者要求")))
        wanted.append((decision.rectify_by, _("文书缺整改期限")))
    if asked:
        wanted.append((decision.feedback.strip(), _("文书缺反馈要求")))
        wanted.append((decision.objection.strip(), _("文书缺提出异议的期限和方式")))
    return [Missing(text, _edit(decision), _("去补")) for value, text in wanted if not value]


lawful = BodyGate("lawful", gettext_lazy("措施适用于该对象，没有重复"), _lawful)
evidence = BodyGate("evidence", gettext_lazy("写明了证据"), _evidence)
heard = BodyGate("heard", gettext_lazy("已听取该组织的意见"), _heard)
voted = BodyGate("voted", gettext_lazy("已集体审议并过半数同意"), _voted)
contents = BodyGate("contents", gettext_lazy("文书必备内容齐全"), _contents)

_WORKERS = (Role.CASE_OFFICER, Role.HEARING_OFFICER)
_WORK = (Side.INVESTIGATE, Side.HEAR)
S, K = BodyState, BodyActKind
BODY_STEPS: Final = (
    BodyStep(
        "hear", gettext_lazy("登记听取意见"), (S.PROPOSED,), S.HEARD, K.HEARD, _WORKERS, _WORK, (lawful, evidence),
        basis=gettext_lazy("两名以上办理人员进行"),
    ),
    BodyStep(
        "deliberate", gettext_lazy("登记集体审议"), (S.HEARD, S.DELIBERATED), S.DELIBERATED, K.DELIBERATED,
        (*_WORKERS, Role.APPROVER), (*_WORK, Side.DECIDE), (lawful, evidence, heard),
    ),
    BodyStep(
        "approve", gettext_lazy("同意并签名"), (S.DELIBERATED,), S.APPROVED, K.APPROVED, (Role.APPROVER,), (Side.DECIDE,),
        (lawful, voted, contents), short_froms=(S.PROPOSED, S.HEARD),
    ),
    BodyStep(
        "issue", gettext_lazy("制发文书"), (S.APPROVED,), S.ISSUED, K.ISSUED, _WORKERS, _WORK, (contents,),
        basis=gettext_lazy("监察法实施条例第二百三十五条"),
    ),
    BodyStep("serve", gettext_lazy("登记送达"), (S.ISSUED,), S.SERVED, K.SERVED, _WORKERS, _WORK),
    BodyStep("finish", gettext_lazy("登记办结"), (S.SERVED,), S.DONE, K.DONE, _WORKERS, _WORK),
    BodyStep(
        "return", gettext_lazy("退回"), (S.HEARD, S.DELIBERATED), S.PROPOSED, K.RETURNED, (Role.APPROVER,),
        (Side.DECIDE,), short_froms=(S.PROPOSED,), back=True,
    ),
    BodyStep(
        "void", gettext_lazy("作废"), (S.PROPOSED, S.HEARD, S.DELIBERATED), S.VOID, K.VOIDED, (Role.APPROVER,),
        (Side.DECIDE,), back=True,
    ),
)  # fmt: skip
BODY_STEP: Final = {step.name: step for step in BODY_STEPS}

#: The state line of the page: what each column is called and which states it covers.
BODY_LINE: Final[tuple[tuple[Text, tuple[BodyState, ...]], ...]] = (
    (gettext_lazy("起草"), (S.PROPOSED,)),
    (gettext_lazy("听取意见"), (S.HEARD,)),
    (gettext_lazy("集体审议"), (S.DELIBERATED,)),
    (gettext_lazy("批准"), (S.APPROVED,)),
    (gettext_lazy("制发"), (S.ISSUED,)),
    (gettext_lazy("送达落实"), (S.SERVED,)),
    (gettext_lazy("办结"), (S.DONE,)),
)


def body_steps_from(decision: BodyDecision) -> list[BodyStep]:
    """Return the steps that begin where the decision stands, forward ones first."""
    return sorted((step for step in BODY_STEPS if step.begins(decision)), key=lambda step: step.back)


def body_readiness(decision: BodyDecision, step: BodyStep) -> tuple[list[Missing], list[Text]]:
    """Return everything that the step still needs, and what is already in order."""
    missing: list[Missing] = []
    met: list[Text] = []
    for gate in step.gates:
        found = gate.find(decision)
        missing += found
        if not found:
            met.append(gate.met)
    return missing, met
