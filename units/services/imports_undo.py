"""Taking a list back: only while nothing rests on it, and only what still is as the list left it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.accounts.models import User
from casework.core.errors import Missing, NotReady
from casework.ledger.record import record
from units.models.register import RegisterQuerySet

_REFUSED = gettext_lazy("不能撤销：因为已有内容依据这份名单。可以先处理下面各项，或逐条改正。")


def remove(
    created: QuerySet[Any], *, actor: User | None, at: datetime, goes: QuerySet[Any] | None = None, **keys: Any
) -> None:
    """Remove the rows a list made, or raise ``NotReady`` naming everything that rests on them and the actor may know.

    What he may not know of (a case, an inspection that is planned) neither hinders him nor is named: such a row stays
    for what points to it, taken back at ``at`` with ``keys`` set (what would stand in the way of the same list coming
    again), and nobody finds it any more.

    ``goes``  rows of units that go with them.
    """
    rows = list(created.select_for_update().values_list("pk", flat=True))  # nothing new comes to rest on them now
    with_them = list(goes.values_list("pk", flat=True)) if goes is not None else []
    found, held = [], set()
    for field, pointing in _resting(created.model, rows):
        of_them = goes is not None and pointing.model is goes.model
        resting = pointing.exclude(pk__in=with_them) if of_them else pointing
        found += _known(resting, actor)
        held |= set(resting.values_list(field, flat=True))
    if found:
        raise NotReady(str(_REFUSED), found)
    every = created.model._base_manager.filter(pk__in=rows)
    every.filter(pk__in=held).update(taken_back_at=at, **keys)
    for pk in sorted(held):
        record("register.kept", ref=f"{created.model._meta.model_name}:{pk}", actor=None, at=at, data={})
    gone = every.exclude(pk__in=held)
    if goes is not None:
        goes.filter(unit__in=gone).delete()
    gone.delete()


def _resting(model: type[Model], rows: Sequence[int]) -> Iterable[tuple[str, QuerySet[Any]]]:
    """Give, for each relation that points to the rows, its field's name and the rows that point."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and relation.related_model is not None:
            field: Any = relation.field  # type: ignore[union-attr]
            yield field.name, relation.related_model._base_manager.filter(**{f"{field.name}__in": rows})


def _known(resting: QuerySet[Any], actor: User | None) -> list[Missing]:
    """Name what the actor may know of among the rows; the system itself knows the register alone."""
    known: Any = resting.model._default_manager.all()
    if actor is not None:
        known = known.visible_to(actor) if hasattr(known, "visible_to") else known.none()
    elif not isinstance(known, RegisterQuerySet):
        known = known.none()
    told = resting.filter(pk__in=known.values("pk"))
    count = told.count()
    if not count:
        return []
    what = {"count": count, "what": resting.model._meta.verbose_name, "example": told.first()}
    return [Missing(_("%(count)d 条%(what)s，例如“%(example)s”") % what)]


def restore(row: Any, line: int, changes: dict[str, Any]) -> list[str]:
    """Set the old values in memory and return the fields; raise ``NotReady`` when somebody changed them since."""
    for field, (old, new) in changes.items():
        if getattr(row, field) != new:
            text = _("第 %(line)d 行“%(row)s”导入之后又被改过；可以逐条改正") % {"line": line, "row": row}
            raise NotReady(str(_REFUSED), [Missing(text)])
        setattr(row, field, old)
    return list(changes)
