"""`migrate` draws the model of a new table alone; what later changes draw must be what Django would have."""

import pytest
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from casework.local.management.commands.migrate import new_models_drawn_alone

PEOPLE, MATTERS, NOTES = "person", "matter", "note"


def a_table(name: str, **more: models.Field) -> ModelState:  # type: ignore[type-arg]
    return ModelState("drawn", name, [("id", models.BigAutoField(primary_key=True)), *more.items()])


def to(name: str) -> models.Field:  # type: ignore[type-arg]
    return models.ForeignKey(f"drawn.{name}", on_delete=models.CASCADE)


def drawn(*, alone: bool) -> ProjectState:
    """Make three tables one after the other in a state whose models are drawn already, then change the first."""
    state = ProjectState()
    state.add_model(a_table(PEOPLE))
    assert state.apps.get_model("drawn", PEOPLE)
    if alone:
        with new_models_drawn_alone():
            _change(state)
    else:
        _change(state)
    return state


def _change(state: ProjectState) -> None:
    state.add_model(a_table(MATTERS, holder=to(PEOPLE)))
    state.add_model(a_table(NOTES, matter=to(MATTERS), readers=models.ManyToManyField(f"drawn.{PEOPLE}")))
    state.add_field("drawn", PEOPLE, "name", models.CharField(max_length=10, default=""), preserve_default=True)
    state.add_model(a_table(MATTERS, holder=to(PEOPLE), title=models.TextField()))  # one that is known


def facts(state: ProjectState) -> dict[str, list[tuple[str, str]]]:
    """Return of each model its fields and what refers to it."""
    return {
        model._meta.model_name or "": sorted(
            (field.name, type(field).__name__) for field in model._meta.get_fields(include_hidden=True)
        )
        for model in state.apps.get_models(include_auto_created=True)
    }


def test_what_is_drawn_is_what_django_draws() -> None:
    assert facts(drawn(alone=True)) == facts(drawn(alone=False))


def test_after_a_change_all_models_refer_to_those_of_now() -> None:
    apps = drawn(alone=True).apps
    now = {name: apps.get_model("drawn", name) for name in (PEOPLE, MATTERS, NOTES)}

    assert now[MATTERS]._meta.get_field("holder").related_model is now[PEOPLE]
    assert now[NOTES]._meta.get_field("matter").related_model is now[MATTERS]
    assert now[NOTES]._meta.get_field("readers").related_model is now[PEOPLE]


@pytest.mark.parametrize("raises", [False, True])
def test_django_is_left_as_it_was(raises: bool) -> None:
    before = ProjectState.add_model

    with pytest.raises(ZeroDivisionError) if raises else new_models_drawn_alone():
        if raises:
            with new_models_drawn_alone():
                raise ZeroDivisionError

    assert ProjectState.add_model is before
