"""Questions that a template adds to the questionnaire: plain data in, questions out; pure."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import rfc8785
from django.utils.translation import gettext as _

from units.questionnaire import Question, Questionnaire, with_questions

KINDS: Final = ("text", "number", "choice", "date")
MOST: Final = 20


def own_questions(data: Sequence[Mapping[str, Any]]) -> tuple[Question, ...]:
    """Return the questions that a template keeps as plain data."""
    return tuple(
        Question(
            code=one["code"],
            kind=one["kind"],
            title=one["title"],
            ask=one["ask"],
            group="",
            hint=one["hint"],
            label=one["title"],
            unit=one["unit"],
            choices=tuple((f"c{number}", text) for number, text in enumerate(one["choices"], 1)),
            attachment=one["attachment"],
        )
        for one in data
    )


def tidied(data: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the questions as they are kept: texts stripped, codes given in order."""
    return [
        {
            "code": f"own-{number}",
            "kind": str(one.get("kind", "text")),
            "title": str(one.get("title", "")).strip(),
            "ask": str(one.get("ask", "")).strip() or str(one.get("title", "")).strip(),
            "hint": str(one.get("hint", "")).strip(),
            "unit": str(one.get("unit", "")).strip(),
            "choices": [text.strip() for text in one.get("choices", ()) if text.strip()],
            "attachment": bool(one.get("attachment", False)),
        }
        for number, one in enumerate(data, 1)
    ]


def problems(data: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return everything that is wrong with tidied questions, in sentences."""
    wrong = []
    if len(data) > MOST:
        wrong.append(_("补充题最多 %(most)s 题。") % {"most": MOST})
    for number, one in enumerate(data, 1):
        words = {"n": number, "title": one["title"]}
        if not one["title"]:
            wrong.append(_("第 %(n)s 道补充题没有标题。") % words)
        if one["kind"] not in KINDS:
            wrong.append(_("补充题“%(title)s”的题型只能是文字、数字、单选或日期。") % words)
        if one["kind"] == "choice" and len(one["choices"]) < 2:
            wrong.append(_("补充题“%(title)s”至少要有两个选项，一行一个。") % words)
    return wrong


def version_name(base: str, data: Sequence[Mapping[str, Any]]) -> str:
    """Return the name of the questionnaire: the base itself, or the base and the digest of what is added to it."""
    if not data:
        return base
    return f"{base}+{hashlib.sha256(rfc8785.dumps([dict(one) for one in data])).hexdigest()[:16]}"


def combined(base: Questionnaire, version: str, data: Sequence[Mapping[str, Any]]) -> Questionnaire:
    """Return the base questionnaire with the added questions."""
    return with_questions(base, version, own_questions(data))
