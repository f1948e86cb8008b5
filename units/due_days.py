"""Due days that stand beside reports, duties and papers follow their clocks: extended, resumed, counted anew."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import connection

from casework.deadlines.moved import Handler, register_moved
from units.models import Rectification, SelfInspection, UnitPaper

_FOLLOW = """
update {table} as kept set {column} = new.day, version = kept.version + 1
from unnest(%s::bigint[], %s::date[]) as new (pk, day) where kept.id = new.pk and kept.{column} <> new.day
"""


def _follow(model: Any, field: str) -> Handler:
    # Names of the models' own table and column; the days are given apart.
    names = {"table": model._meta.db_table, "column": model._meta.get_field(field).column}
    statement = _FOLLOW.format(**names)

    def handler(dates: Mapping[int, date]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, [list(dates), list(dates.values())])

    return handler


def register() -> None:
    """Follow the clocks of everything that keeps its due day; called when the app loads."""
    register_moved("selfinspection", _follow(SelfInspection, "due_on"))
    register_moved("rectification", _follow(Rectification, "due_on"))
    register_moved("unitpaper", _follow(UnitPaper, "reply_by"))
