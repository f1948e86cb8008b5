"""`makemigrations` that creates new tables whole: with their foreign keys, constraints and indexes.

Django writes these as steps of their own wherever new tables refer to each other, and draws all models anew for every
step: a new database with hundreds of constraints then takes a minute instead of seconds.
"""

from graphlib import CycleError, TopologicalSorter

from django.core.management.commands.makemigrations import Command as Base
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel, Migration
from django.db.migrations.operations.base import Operation
from django.db.models import Field


def folded(app_label: str, operations: list[Operation]) -> list[Operation]:
    """Return the operations with each new table complete and after those it refers to.

    Tables that refer to each other in a circle are left as they are.
    """
    tables = {operation.name.lower(): operation for operation in operations if isinstance(operation, CreateModel)}
    fields = {name: list(table.fields) for name, table in tables.items()}
    options = {name: dict(table.options) for name, table in tables.items()}
    rest = []
    for operation in operations:
        if isinstance(operation, AddField | AddConstraint | AddIndex) and operation.model_name.lower() in tables:
            name = operation.model_name.lower()
            if isinstance(operation, AddField):
                fields[name].append((operation.name, operation.field))
            elif isinstance(operation, AddConstraint):
                options[name]["constraints"] = [*options[name].get("constraints", []), operation.constraint]
            else:
                options[name]["indexes"] = [*options[name].get("indexes", []), operation.index]
        elif not isinstance(operation, CreateModel):
            rest.append(operation)
    order = TopologicalSorter(
        {name: _targets(app_label, [field for _, field in fields[name]]) & (tables.keys() - {name}) for name in tables}
    )
    try:
        sequence = list(order.static_order())
    except CycleError:
        return operations
    whole: list[Operation] = [
        CreateModel(tables[name].name, fields[name], options[name], tables[name].bases, tables[name].managers)
        for name in sequence
    ]
    return [*whole, *rest]


def _targets(app_label: str, fields: "list[Field[object, object]]") -> set[str]:
    """Return the names of the app's own models that the fields refer to."""
    found = set()
    for field in fields:
        related = getattr(field, "remote_field", None)
        for target in (getattr(related, "model", None), getattr(related, "through", None)):
            if isinstance(target, str) and target.lower().startswith(f"{app_label}."):
                found.add(target.lower().removeprefix(f"{app_label}."))
    return found


class Command(Base):
    def write_migration_files(
        self, changes: dict[str, list[Migration]], update_previous_migration_paths: dict[str, str] | None = None
    ) -> None:
        for app_label, migrations in changes.items():
            for migration in migrations:
                # The stubs know the class variable only; every migration has operations of its own.
                migration.operations = folded(app_label, list(migration.operations))  # type: ignore[misc]
        super().write_migration_files(changes, update_previous_migration_paths)
