"""Columns assigned by hand, and remembered for the next file of the same source."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from casework.access.policy import require
from casework.accounts.models import User
from casework.core.errors import Invalid, Refused
from casework.imports.enums import RunState
from casework.imports.models import ColumnMapping, ImportRun
from casework.imports.registry import Column, Kind, kind_named
from casework.imports.services.runs import classify, context_of
from casework.imports.services.staging import layout_of, restage
from casework.ledger.record import record


def map_columns(
    run: ImportRun, columns: Mapping[int, str], *, actor: User, at: datetime, source: str = "", remember: bool = True
) -> ImportRun:
    """Say which cell of a row is which column; the rows that were kept are read anew and previewed.

    ``columns``   place in the row → name of the column; places left out are not imported.
    ``remember``  the next file of this kind with the same headers is read the same way; ``source`` says whose it is.
    Raises ``Invalid`` when a required column is missing or one is named twice.
    """
    kind, source = kind_named(run.kind), source.strip()[:120]
    require(actor, kind.act, run)
    with transaction.atomic():
        row = ImportRun.locked(run.pk)
        if row.state not in {RunState.UNMAPPED, RunState.PREVIEWED}:
            raise Refused(
                _("不能指定列：因为这次导入%(state)s。可以重新上传文件。") % {"state": row.get_state_display()},
                code="ended",
            )
        chosen = _chosen(kind, columns, row.header["texts"])
        restage(row, kind, context_of(row, at), chosen, source)
        if remember:
            ColumnMapping.objects.update_or_create(
                kind=kind.name,
                layout=layout_of(row.header["texts"]),
                defaults={
                    "source": source,
                    "texts": row.header["texts"],
                    "columns": {str(at_place): column.name for at_place, column in chosen.items()},
                    "saved_by": actor,
                    "saved_at": at,
                },
            )
        row.state = RunState.PREVIEWED
        classify(row, kind, at)
        record(
            "import.mapped",
            ref=f"import:{row.pk}",
            actor=actor,
            at=at,
            data={
                "kind": row.kind,
                "columns": {column.name: row.header["texts"][place] for place, column in chosen.items()},
                "source": source,
                "remembered": remember,
            },
        )
    return row


def _chosen(kind: Kind, columns: Mapping[int, str], texts: list[str]) -> dict[int, Column]:
    by_name = {column.name: column for column in kind.columns}
    chosen: dict[int, Column] = {}
    for place, name in sorted(columns.items()):
        if not name:
            continue
        if name not in by_name or not 0 <= place < len(texts):
            raise Invalid(_("没有这一列。"), details={f"c{place}": _("选表里的一列")})
        twice = next((at for at, column in chosen.items() if column.name == name), None)
        if twice is not None:
            raise Invalid(
                _("不能指定列：“%(column)s”选了两次。可以把其中一处改为不导入。") % {"column": by_name[name].label},
                details={
                    f"c{place}": _("第 %(number)d 列已选为“%(column)s”")
                    % {"number": twice + 1, "column": by_name[name].label}
                },
            )
        chosen[place] = by_name[name]
    missing = [str(column.label) for column in kind.columns if column.required and column not in chosen.values()]
    if missing:
        raise Invalid(
            _("不能指定列：还缺必填的列：%(columns)s。可以在下面选出它们各在哪一列。")
            % {"columns": "、".join(missing)},
            details={"missing": missing},
        )
    return chosen
