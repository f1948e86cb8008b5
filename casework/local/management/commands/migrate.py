"""`migrate` that draws the model of a new table alone: the tables of an empty database are made in half the time.

Django draws anew every model that a new one refers to, and all that refer to these: nearly all of them, for every
table, since nearly every table refers to an account. Nothing of what is drawn differs by that: a table that did not
exist is referred to by none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands.migrate import Command as Base
from django.db.migrations.state import ModelState, ProjectState


def _add_model(state: ProjectState, new: ModelState) -> None:
    key = new.app_label, new.name_lower
    known = key in state.models
    drawn = state.__dict__.pop("apps", None)  # without it the state draws nothing
    _django_add_model(state, new)
    if drawn is None:
        return
    state.__dict__["apps"] = drawn
    if known:
        state.reload_model(*key)
    else:
        drawn.render_multiple([new])


_django_add_model = ProjectState.add_model


@contextmanager
def new_models_drawn_alone() -> Iterator[None]:
    """Let states of migrations draw a new model alone, and any other change as Django does."""
    ProjectState.add_model = _add_model  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        ProjectState.add_model = _django_add_model  # type: ignore[method-assign]


class Command(Base):
    def handle(self, *args: Any, **options: Any) -> None:
        with new_models_drawn_alone():
            super().handle(*args, **options)
