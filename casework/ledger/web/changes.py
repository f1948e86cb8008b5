"""What an entry says, in words: who with which post, what changed from what to what, and the facts beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.web import vocabulary
from casework.web.vocabulary import Text

#: Names of the facts that entries hold; a fact without a name here is shown under its own.
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
    "members": gettext_lazy("人员"),
    "secrecy": gettext_lazy("密级"),
    "step": gettext_lazy("步骤"),
    "rule": gettext_lazy("期限规则"),
    "question": gettext_lazy("问题"),
    "method": gettext_lazy("方法"),
    "tool": gettext_lazy("工具"),
    "key": gettext_lazy("键"),
    "of": gettext_lazy("对象"),
    "note": gettext_lazy("说明"),
}
_PAIRS = (("old", "new"), ("from", "to"))


@dataclass(frozen=True)
class Change:
    """One value before and after; ``label`` is empty when it is the state of the object itself."""

    label: Text
    before: str
    after: str


def label_of(key: str) -> Text:
    """Return the name under which a fact is shown."""
    return LABELS.get(key, key)


def words_of(value: Any) -> str:
    """Return a value of an entry as text; a code that one word of the vocabulary stands for is that word."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Mapping):
        return _("；").join(f"{label_of(str(key))} {words_of(item)}" for key, item in value.items())
    if isinstance(value, list):
        return _("、").join(words_of(item) for item in value) or "—"
    text = str(value)
    meant = {str(word.word) for rows in vocabulary.groups().values() for code, word in rows if code == text}
    return meant.pop() if len(meant) == 1 else text


def changes_of(data: Mapping[str, Any]) -> list[Change]:
    """Return what an entry says was one thing before and is another now."""
    found = []
    for old, new in _PAIRS:
        if old in data and new in data:
            before, after = data[old], data[new]
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                found += [
                    Change(label_of(key), words_of(before.get(key)), words_of(after.get(key)))
                    for key in sorted({*before, *after})
                    if before.get(key) != after.get(key)
                ]
            else:
                found.append(Change("", words_of(before), words_of(after)))
    for key, value in data.items():
        if isinstance(value, Mapping) and set(value) == {"old", "new"}:
            found.append(Change(label_of(key), words_of(value["old"]), words_of(value["new"])))
    return found


def facts_of(data: Mapping[str, Any]) -> list[tuple[Text, str]]:
    """Return the other facts of an entry as (name, value)."""
    paired = {key for pair in _PAIRS if pair[0] in data and pair[1] in data for key in pair}
    return [
        (label_of(key), words_of(value))
        for key, value in data.items()
        if key not in paired and not (isinstance(value, Mapping) and set(value) == {"old", "new"})
    ]


def actors_of(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (name, post and organisation of that day) of everyone who acted; the system has no post."""
    actors = payload.get("actors") or []
    if not actors:
        return [(_("系统"), "")]
    return [(one["name"], " ".join(filter(None, (one.get("organisation", ""), one.get("post", ""))))) for one in actors]
