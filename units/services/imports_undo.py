"""Taking a list back: only while nothing rests on it, and only what still is as the list left it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from casework.core.errors import Missing, NotReady

_SHOWN = 20


def refuse_if_resting(
    created: QuerySet[Any], *, ignore: Sequence[str] = (), blocking: Iterable[Model] | None = None
) -> None:
    """Raise ``NotReady`` naming everything that points to the rows, except through the ``ignore`` relations."""
    found = _named(blocking) if blocking is not None else list(_resting(created, ignore))
    if found or blocking is not None:
        raise NotReady(_("不能撤销：因为已有内容依据这份名单。可以先处理下面各项，或逐条改正。"), found)


def _resting(created: QuerySet[Any], ignore: Sequence[str]) -> Iterable[Missing]:
    for relation in created.model._meta.related_objects:
        if relation.get_accessor_name() in ignore:
            continue
        rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": created.values("pk")})
        count = rows.count()
        if count:
            yield Missing(
                _("%(count)d 条%(what)s，例如“%(example)s”")
                % {"count": count, "what": relation.related_model._meta.verbose_name, "example": rows.first()}
            )


def _named(rows: Iterable[Model]) -> list[Missing]:
    return [Missing(f"{row._meta.verbose_name} {row}") for row in list(rows)[:_SHOWN]]


def restore(row: Any, line: int, changes: dict[str, Any]) -> list[str]:
    """Set the old values in memory and return the fields; raise ``NotReady`` when somebody changed them since."""
    for field, (old, new) in changes.items():
        if getattr(row, field) != new:
            text = _("第 %(line)d 行“%(row)s”导入之后又被改过；可以逐条改正") % {"line": line, "row": row}
            raise NotReady(_("不能撤销：因为已有内容依据这份名单。可以先处理下面各项，或逐条改正。"), [Missing(text)])
        setattr(row, field, old)
    return list(changes)
