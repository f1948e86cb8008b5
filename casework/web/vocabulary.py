"""The words for states: one table of word, colour and icon, used by every page (design: status badge).

An app adds its own states with ``register_status``; a word that is already here is used, not invented anew.
"""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

COLOURS: Final = frozenset({"", "red", "amber", "blue", "green", "violet", "line"})

#: A sentence that is translated when it is shown.
Text = str | Promise


@dataclass(frozen=True)
class Word:
    """How one state is shown; ``colour`` "" is grey."""

    word: Text
    colour: str
    icon: str


_TABLE: dict[tuple[str, str], Word] = {}
#: Value → its words in all groups that have it.
_MEANINGS: dict[str, list[Word]] = {}


class UnknownStatusError(LookupError):
    """A page asked for a state that no vocabulary holds."""


def register_status(group: str, value: str, word: Text, colour: str, icon: str) -> None:
    """Add one state. Registering the same again is harmless; a different meaning for a known value is an error."""
    if colour not in COLOURS:
        raise ValueError(f"{group}.{value}: unknown colour {colour!r}")
    entry = Word(word, colour, icon)
    known = _TABLE.setdefault((group, value), entry)
    if (str(known.word), known.colour, known.icon) != (str(word), colour, icon):
        raise ValueError(f"{group}.{value} is already {known.word}")
    if known is entry:
        _MEANINGS.setdefault(value, []).append(entry)


def status_word(group: str, value: str) -> Word:
    """Return how the state is shown."""
    try:
        return _TABLE[group, str(value)]
    except KeyError:
        raise UnknownStatusError(f"{group}.{value}") from None


def meaning(value: str, group: str = "") -> str:
    """Return the word of a value in the group, or else the one that it has in every group that knows it; "" for none."""
    known = _TABLE.get((group, value))
    if known is not None:
        return str(known.word)
    meant = {str(word.word) for word in _MEANINGS.get(value, ())}
    return meant.pop() if len(meant) == 1 else ""


def groups() -> dict[str, list[tuple[str, Word]]]:
    """Return all states by group, in the order of registration."""
    result: dict[str, list[tuple[str, Word]]] = {}
    for (group, value), word in _TABLE.items():
        result.setdefault(group, []).append((value, word))
    return result


for _row in (
    ("work", "not_started", _("未开始"), "", "circle-dashed"),
    ("work", "in_progress", _("进行中"), "blue", "progress"),
    ("work", "waiting", _("等别人"), "", "hourglass"),
    ("work", "returned", _("退回"), "amber", "arrow-back-up"),
    ("work", "done", _("完成"), "green", "circle-check"),
    ("work", "suspended", _("暂停计时"), "", "clock-pause"),
    ("work", "void", _("已作废"), "", "ban"),
    ("deadline", "today", _("今天到期"), "amber", "clock"),
    ("deadline", "overdue", _("逾期"), "red", "alert-triangle"),
    ("deadline", "met", _("按期完成"), "green", "clock-check"),
    ("deadline", "met_late", _("超期完成"), "red", "clock-x"),
    ("finding", "active", _("主动"), "red", "bolt"),
    ("finding", "passive", _("被动"), "blue", "bug"),
    ("finding", "research", _("科研"), "violet", "flask"),
    ("finding", "open", _("未定"), "", "help-circle"),
    ("finding", "blocking", _("未定"), "amber", "help-circle"),
    ("finding", "relapsed", _("死灰复燃"), "red", "refresh-alert"),
    ("evidence", "sealed", _("已封存"), "green", "lock"),
    ("evidence", "unsealed", _("已启封"), "amber", "lock-open"),
    ("evidence", "in_store", _("在库"), "", "building-warehouse"),
    ("evidence", "out", _("在外"), "amber", "package-export"),
    ("evidence", "discrepancy", _("账实不符"), "red", "package-off"),
    ("evidence", "disposed", _("已处置"), "", "gavel"),
    ("ledger", "verified", _("已验证"), "green", "rosette-discount-check"),
    ("ledger", "pending", _("等待入账"), "blue", "hourglass"),
    ("ledger", "failed", _("核验失败"), "red", "alert-octagon"),
    ("rule", "unverified", _("依据待核"), "amber", "alert-triangle"),
    ("rule", "contradiction", _("有矛盾"), "amber", "git-compare"),
    ("rule", "calendar_provisional", _("日历暂定"), "amber", "calendar-question"),
    ("rule", "uncorroborated", _("孤证"), "amber", "alert-triangle"),
    ("rule", "deleted_by_law", _("已依法删除"), "", "eye-off"),
):
    register_status(*_row)
