"""Many counts by one query: the side bar and the bell of every page cost one look at the database."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def count_together(wanted: Mapping[str, Sequence[QuerySet[Any]]]) -> dict[str, int]:
    """Return for each key how many rows its querysets hold together."""
    counts = dict.fromkeys(wanted, 0)
    keys: list[str] = []
    selects: list[str] = []
    params: list[Any] = []
    for key, querysets in wanted.items():
        for rows in querysets:
            try:
                sql, values = rows.order_by().values("pk").query.sql_with_params()
            except EmptyResultSet:
                continue
            keys.append(key)
            selects.append(f"(select count(*) from ({sql}) as waiting)")  # noqa: S608 (Django's own statement)
            params += values
    if selects:
        with connection.cursor() as cursor:
            cursor.execute(f"select {', '.join(selects)}", params)
            found = cursor.fetchone()
        for key, count in zip(keys, found, strict=True):
            counts[key] += count
    return counts
