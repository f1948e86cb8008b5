"""What an entry says, in words: who with which post, what changed from what to what, and the facts beside it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.core.moments import cn_datetime
from casework.ledger.refs import Resolved, called, is_ref
from casework.ledger.web.labels import RARE
from casework.web import vocabulary
from casework.web.vocabulary import Text

#: Names of the facts that rows tell, as far as they have room; the others that are known are in ``RARE``.
LABELS: Mapping[str, Text] = {
    "number": gettext_lazy("编号"),
    "title": gettext_lazy("标题"),
    "code": gettext_lazy("代码"),
    "name": gettext_lazy("名称"),
    "kind": gettext_lazy("类别"),
    "unit": gettext_lazy("单位"),
    "case": gettext_lazy("案件"),
    "document": gettext_lazy("文书"),
    "digest": gettext_lazy("摘要"),
    "sha256": "SHA-256",
    "sm3": "SM3",
    "count": gettext_lazy("数量"),
    "rows": gettext_lazy("行数"),
    "quantity": gettext_lazy("数量"),
    "due_on": gettext_lazy("到期日"),
    "from_on": gettext_lazy("起"),
    "to_on": gettext_lazy("止"),
    "outcome": gettext_lazy("结果"),
    "purpose": gettext_lazy("用途"),
    "place": gettext_lazy("地点"),
    "seal": gettext_lazy("封条"),
    "source": gettext_lazy("来源"),
    "basis": gettext_lazy("依据"),
    "approver": gettext_lazy("批准人"),
    "state": gettext_lazy("状态"),
    "file": gettext_lazy("文件"),
    "marked": gettext_lazy("带水印"),
    "members": gettext_lazy("人员"),
    "secrecy": gettext_lazy("密级"),
    "step": gettext_lazy("步骤"),
    "rule": gettext_lazy("期限规则"),
    "question": gettext_lazy("问题"),
    "method": gettext_lazy("方法"),
    "tool": gettext_lazy("工具"),
    "key": gettext_lazy("键"),
    "of": gettext_lazy("对象"),
    "item": gettext_lazy("证物"),
    "pages": gettext_lazy("页数"),
    "began_at": gettext_lazy("开始时间"),
    "ended_at": gettext_lazy("结束时间"),
    "rights_told_at": gettext_lazy("告知权利时间"),
    "holder": gettext_lazy("持有人"),
    "phone": gettext_lazy("电话"),
    "entry": gettext_lazy("账本条目"),
    "names": gettext_lazy("个人信息"),
    "digests": gettext_lazy("摘要"),
    "approvers": gettext_lazy("批准人"),
    "note": gettext_lazy("说明"),
    "amount": gettext_lazy("金额"),
    "paid": gettext_lazy("已缴"),
    "paid_on": gettext_lazy("缴款日"),
    "receipt": gettext_lazy("票据"),
    "remainder": gettext_lazy("未缴"),
    "measure": gettext_lazy("措施"),
    "price": gettext_lazy("单价"),
    "coin": gettext_lazy("币种"),
    "fact": gettext_lazy("事实"),
    "stance": gettext_lazy("证明方向"),
    "suspects": gettext_lazy("被审查调查人"),
    "draft": gettext_lazy("处分建议"),
    "report": gettext_lazy("报告"),
    "collection": gettext_lazy("提取清单"),
    "signature": gettext_lazy("签名"),
    "result": gettext_lazy("结果"),
    "role": gettext_lazy("角色"),
    "until": gettext_lazy("止"),
    "lead": gettext_lazy("线索"),
    "plan": gettext_lazy("方案"),
    "paper": gettext_lazy("呈批稿"),
    "post": gettext_lazy("职务"),
    "rank": gettext_lazy("职级"),
    "employment": gettext_lazy("用工形式"),
    "party_member": gettext_lazy("党员"),
    "public_official": gettext_lazy("公职人员"),
    "leading_cadre": gettext_lazy("领导干部"),
    "standing": gettext_lazy("身份"),
    "standing_on": gettext_lazy("身份认定日"),
    "conduct_from": gettext_lazy("行为起"),
    "conduct_until": gettext_lazy("行为止"),
}
#: A row tells so many facts, of so many characters each; the entry's page has all.
FACTS = 3
BRIEF = 40
_LONG = frozenset({"digest", "sha256", "sm3", "key", "members"})
#: Facts whose values are names of facts themselves, e.g. which question was answered.
_NAMED = frozenset({"question", "questions", "sheet"})
#: A moment as entries keep it (casework.ledger.canonical).
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_PAIRS = (("old", "new"), ("from", "to"))


#: Facts whose numbers are keys of things.
_KEYS = {
    "fact": "fact", "handler": "user", "holder": "user", "lead": "lead", "leads": "lead", "lists": "monitorlist",
    "rectification": "rectification", "suspect": "suspect", "suspects": "suspect", "unit": "unit", "user": "user",
}  # fmt: skip
#: The same only where several are told: a single number says how many they were.
_KEYS_OF_MANY = {"members": "user"}

#: Facts whose codes are also states of things: what is to become of an exhibit is not yet what became of it.
_OF_FIELDS = frozenset({"outcome"})

#: What the things that facts mention are called to a reader.
Names = Mapping[str, Resolved]


def mentioned(value: Any, key: str = "", many: bool = False) -> Iterator[str]:
    """Give the references to things among the facts of an entry, so that they can be named all at once."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from mentioned(item, key if name in {"old", "new"} else str(name))
    elif isinstance(value, list):
        for item in value:
            yield from mentioned(item, key, many=True)
    elif ref := _ref_in(value, key, many):
        yield ref


def _ref_in(value: Any, key: str, many: bool) -> str:
    if isinstance(value, str):
        return value if is_ref(value) else ""
    noun = _KEYS.get(key) or (_KEYS_OF_MANY.get(key) if many else None)
    return f"{noun}:{value}" if noun and type(value) is int and value > 0 else ""


@dataclass(frozen=True)
class Change:
    """One value before and after; ``label`` is empty when it is the state of the object itself."""

    label: Text
    before: str
    after: str


def label_of(key: str) -> Text:
    """Return the name under which a fact is shown."""
    return LABELS.get(key) or RARE.get(key, key)


def words_of(
    value: Any, group: str = "", key: str = "", names: Names = MappingProxyType({}), many: bool = False
) -> str:
    """Return a value of an entry as text; a code is the word of its group, or of the one group that has it.

    ``key`` is the fact's: what no vocabulary knows is looked up among the choices of the fields of that name. Where a
    thing itself changed it is the thing's noun. What is mentioned is called as in ``names``.
    """
    if value is None or value == "" or (value == 0 and key in _KEYS and value is not False):
        return "—"
    if ref := _ref_in(value, key, many):
        return names[ref].label if ref in names else called(ref) if isinstance(value, str) else str(value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Mapping):
        return _("；").join(
            f"{label_of(str(name))} {words_of(item, key=str(name), names=names)}" for name, item in value.items()
        )
    if isinstance(value, list):
        return _("、").join(words_of(item, key=key, names=names, many=True) for item in value) or "—"
    text = str(value)
    if _MOMENT.fullmatch(text):
        return cn_datetime(datetime.fromisoformat(text), seconds=True)
    if not isinstance(value, str):
        return text
    if key in _NAMED:
        return str(label_of(text))
    if key in _OF_FIELDS and (chosen := _chosen(text, key)):
        return chosen
    return vocabulary.meaning(text, group) or _chosen(text, key) or text


def _chosen(code: str, key: str) -> str:
    """Return the word of a code among the choices of fields of that name, or of that thing's fields; "" for none."""
    meant = {str(word) for word in _choices().get((key, code), ())}
    return meant.pop() if len(meant) == 1 else ""


@cache
def _choices() -> Mapping[tuple[str, str], list[Text]]:
    """Return the words of every code that a field may hold, by the name of the field and by that of the thing."""
    found: dict[tuple[str, str], list[Text]] = {}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            for code, word in field.flatchoices:
                for key in (field.name, str(model._meta.model_name)):
                    found.setdefault((key, str(code)), []).append(word)
    return found


def changes_of(data: Mapping[str, Any], noun: str = "", names: Names = MappingProxyType({})) -> list[Change]:
    """Return what an entry says was one thing before and is another now; states are in the words of the noun.

    An act may keep its object in the same state: a hand-over that is offered leaves an exhibit where it is. Entries say so,
    for they are exact; to people it is no change.
    """
    found = []
    for old, new in _PAIRS:
        if old in data and new in data:
            before, after = data[old], data[new]
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                found += [
                    Change(
                        label_of(key),
                        words_of(before.get(key), key=key, names=names),
                        words_of(after.get(key), key=key, names=names),
                    )
                    for key in sorted({*before, *after})
                    if before.get(key) != after.get(key)
                ]
            elif before != after:
                found.append(Change("", words_of(before, noun, noun, names), words_of(after, noun, noun, names)))
    for key, value in data.items():
        if isinstance(value, Mapping) and set(value) == {"old", "new"} and value["old"] != value["new"]:
            old, new = (words_of(value[side], key=key, names=names) for side in ("old", "new"))
            found.append(Change(label_of(key), old, new))
    return found


def facts_of(data: Mapping[str, Any], names: Names = MappingProxyType({})) -> list[tuple[Text, str]]:
    """Return the other facts of an entry as (name, value)."""
    paired = {key for pair in _PAIRS if pair[0] in data and pair[1] in data for key in pair}
    return [
        (label_of(key), words_of(value, key=key, names=names))
        for key, value in data.items()
        if key not in paired and not (isinstance(value, Mapping) and set(value) == {"old", "new"})
    ]


def brief(data: Mapping[str, Any], names: Names = MappingProxyType({})) -> str:
    """Return the short facts of an entry for its row: what has a name here and is no digest and no table."""
    short = {
        key: value
        for key, value in data.items()
        if key in LABELS
        and key not in _LONG
        and not isinstance(value, Mapping)
        and len(words_of(value, key=key, names=names)) <= BRIEF
    }
    return _("；").join(f"{label} {value}" for label, value in facts_of(short, names)[:FACTS])


def actors_of(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (name, post and organisation of that day) of everyone who acted; the system has no post."""
    actors = payload.get("actors") or []
    if not actors:
        return [(_("系统"), "")]
    return [(one["name"], " ".join(filter(None, (one.get("organisation", ""), one.get("post", ""))))) for one in actors]
