"""Many counts by one query: the side bar and the bell of every page cost one look, and a list with its panel one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Aggregate, QuerySet


@dataclass(frozen=True)
class Panel:
    """Many counts over the rows of one queryset, in one pass; left out where the count of that name exceeds the cap."""

    rows: QuerySet[Any]
    counts: Mapping[str, Aggregate]
    unless: str


def count_together(wanted: Mapping[str, Sequence[QuerySet[Any]]], cap: int = 0) -> dict[str, int]:
    """Return for each key how many rows its querysets hold together; of each no more than ``cap`` + 1 are looked at."""
    return count_with_panel(wanted, cap, None)[0]


def count_with_panel(
    wanted: Mapping[str, Sequence[QuerySet[Any]]], cap: int, panel: Panel | None
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the counts and those of the panel (empty where it was left out), by one query."""
    counts = dict.fromkeys(wanted, 0)
    keys: list[str] = []
    selects: list[str] = []
    params: list[Any] = []
    for key, querysets in wanted.items():
        for rows in querysets:
            ordered = rows if rows.query.is_sliced else rows.order_by()
            try:
                sql, values = ordered.values("pk").query.sql_with_params()
            except EmptyResultSet:
                continue
            keys.append(key)
            limit = f" limit {cap + 1}" if cap and not rows.query.is_sliced else ""
            selects.append(f"(select count(*) from ({sql}{limit}) as waiting) as n{len(selects)}")  # noqa: S608 (Django's own)
            params += values
    aggregate = _aggregate(panel) if panel is not None and panel.unless in keys else None
    statement = f"select {', '.join(selects)}"
    if panel is not None and aggregate is not None:
        few = f"case when counted.n{keys.index(panel.unless)} <= {cap} then ({aggregate[0]}) end"
        statement = f"with counted as materialized ({statement}) select counted.*, {few} from counted"  # noqa: S608 (as above)
        params += aggregate[1]
    found: Sequence[Any] = ()
    if selects:
        with connection.cursor() as cursor:
            cursor.execute(statement, params)
            found = cursor.fetchone()
        for key, count in zip(keys, found, strict=False):
            counts[key] += count
    if panel is None or counts[panel.unless] > cap:
        return counts, {}
    if aggregate is not None and found[-1] is not None:
        return counts, dict(zip(panel.counts, found[-1], strict=True))
    return counts, panel.rows.order_by().aggregate(**panel.counts)


def _aggregate(panel: Panel) -> tuple[str, tuple[Any, ...]] | None:
    """Return the panel as one statement that gives an array, or None for rows that are grouped, cut or distinct."""
    query = panel.rows.order_by().query.chain()
    if query.is_sliced or query.distinct or query.combinator or query.group_by is not None or not panel.counts:
        return None
    query.clear_select_clause()
    query.default_cols = False
    for name, count in panel.counts.items():
        query.add_annotation(count, name)
    query.set_annotation_mask(panel.counts)
    query.group_by = None
    try:
        sql, values = query.sql_with_params()
    except EmptyResultSet:
        return None
    names = ", ".join(f"said.{connection.ops.quote_name(name)}" for name in panel.counts)
    return f"select array[{names}] from ({sql}) as said", values  # noqa: S608 (Django's own statement)
