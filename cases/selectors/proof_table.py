"""The proof matrix as a table for a file: a row for each piece of evidence that says something of a fact."""

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import Verdict
from cases.models import Case, Exhibit
from cases.proof import Row, matrix, source_of
from casework.accounts.models import User
from evidence.models import Item

HEADS: Final[tuple[str | Promise, ...]] = (
    gettext_lazy("事实序号"),
    gettext_lazy("待证事实"),
    gettext_lazy("涉及人员"),
    gettext_lazy("结论"),
    gettext_lazy("孤证"),
    gettext_lazy("独立来源（个）"),
    gettext_lazy("支持（份）"),
    gettext_lazy("反对（份）"),
    gettext_lazy("孤证说明"),
    gettext_lazy("矛盾说明"),
    gettext_lazy("证物编号"),
    gettext_lazy("证物简称"),
    gettext_lazy("证物名称"),
    gettext_lazy("方向"),
    gettext_lazy("来源"),
    gettext_lazy("证明内容"),
    gettext_lazy("引用人"),
    gettext_lazy("引用时间"),
)
_LONE: Final = (Verdict.LONE, Verdict.LONE_EXPLAINED)


def proof_table(case: Case, user: User) -> list[list[Any]]:
    """Return the rows under ``HEADS``: facts in their order, a fact without evidence as one row of its own.

    What a fact says of itself stands in each of its rows, so that the table can be filtered and sorted. The name of an
    item, and whose words it holds, are told to those alone who may know of the item; its number and short name stand on
    the page of the case for everybody who may know of the case.
    """
    exhibits: dict[int, list[Exhibit]] = {}
    rows = Exhibit.objects.filter(case=case, fact__dropped_at__isnull=True)
    for one in rows.select_related("item__parent", "item__interview", "by").order_by("item_id", "pk"):
        exhibits.setdefault(one.fact_id, []).append(one)
    items = {one.item_id for found in exhibits.values() for one in found}
    known = set(Item.objects.visible_to(user).filter(pk__in=items).values_list("pk", flat=True))
    people = {
        fact.pk: "、".join(person.name for person in fact.suspects.all())
        for fact in case.facts.filter(dropped_at__isnull=True).prefetch_related("suspects")
    }
    table = []
    for row in matrix(case).rows:
        head = _of_fact(row, people.get(row.fact.pk, ""))
        found = exhibits.get(row.fact.pk, [])
        table += [[*head, *_of_evidence(one, one.item_id in known)] for one in found]
        if not found:
            table.append([*head, *[""] * (len(HEADS) - len(head))])
    return table


def _of_fact(row: Row, people: str) -> list[Any]:
    return [
        row.fact.number,
        row.fact.statement,
        people,
        str(row.verdict.label),
        _("是") if row.verdict in _LONE else _("否"),
        row.sources,
        row.supporting,
        row.opposing,
        row.fact.lone_reason,
        row.fact.contradiction_note,
    ]


def _of_evidence(one: Exhibit, known: bool) -> list[Any]:
    return [
        one.item.number,
        one.label,
        one.item.title if known else "",
        one.get_stance_display(),
        _source(one) if known else "",
        one.note,
        one.by.name,
        one.at,
    ]


def _source(one: Exhibit) -> str:
    """Return what counts as one source: who speaks, or the whole that the part was taken with."""
    kind, _colon, name = source_of(one).partition(":")
    if kind == "person":
        return _("%(name)s的陈述") % {"name": name}
    whole = one.item.parent or one.item
    return _("证物 %(number)s") % {"number": whole.number}
