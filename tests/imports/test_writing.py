"""A large preview is written by a worker: once, wholly or not at all, and taken up again when its worker dies."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from casework.celery import app
from casework.core.errors import NotAllowed
from casework.imports import tasks
from casework.imports.models import ImportRun
from casework.imports.services import apply_run, read_file, writing
from casework.imports.services.writing import go_on_writing, lost_writings, order_writing
from casework.ledger.models import Entry
from tests.build import a_compartment
from tests.build_units import NOW, a_block, a_unit
from tests.cast import Cast
from units.models import Sighting

pytestmark = pytest.mark.django_db
BACKEND = "casework.accounts.backends.AccountBackend"
LIST = "observed_at,ip\n2021-07-29 23:41,198.51.100.3\n2021-07-29 23:42,198.51.100.4\n"


def _previewed(cast: Cast, text: str = LIST) -> ImportRun:
    circle = a_compartment(cast.campaign_officer)
    return read_file(text.encode(), "sightings", actor=cast.campaign_officer, at=NOW, compartment=circle)


def test_what_was_ordered_is_written_once_whoever_takes_it_up(cast: Cast) -> None:
    a_block(a_unit(), "198.51.100.0/24")
    run, bystander = _previewed(cast), _previewed(cast, LIST.replace("100", "101"))
    with pytest.raises(NotAllowed):
        order_writing(run, actor=cast.officer, at=NOW)

    ordered = order_writing(run, actor=cast.campaign_officer, at=NOW)
    order_writing(run, actor=cast.campaign_officer, at=NOW)

    assert (ordered.state, [one.pk for one in lost_writings()]) == ("applying", [run.pk])
    assert not Sighting.objects.exists()
    assert tasks.take_up() == 1
    tasks.write(run.pk)
    tasks.write(bystander.pk)
    run.refresh_from_db()
    bystander.refresh_from_db()
    assert (run.state, run.created, run.applied_by, Sighting.objects.count()) == (
        "applied",
        2,
        cast.campaign_officer,
        2,
    )
    assert bystander.state == "previewed"
    kinds = list(Entry.objects.of(f"import:{run.pk}").values_list("kind", flat=True))
    assert kinds == ["import.read", "import.ordered", "import.applied"]


def test_what_the_register_no_longer_allows_is_a_preview_again_with_the_reason(cast: Cast) -> None:
    run, other = _previewed(cast), _previewed(cast)
    order_writing(run, actor=cast.campaign_officer, at=NOW)
    apply_run(other, actor=cast.campaign_officer, at=NOW)  # the same list: the rows of the first now change nothing

    again = go_on_writing(run, at=NOW)

    assert (again.created, again.unchanged, Sighting.objects.count()) == (0, 2, 2)
    assert again.state == "previewed"
    assert "重新预览" in again.message


def test_the_page_waits_for_the_worker(
    cast: Cast, client: Client, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(writing, "AT_ONCE", 1)
    told: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(app, "send_task", lambda name, args: told.append((name, args)))
    run = _previewed(cast)
    client.force_login(cast.campaign_officer, backend=BACKEND)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("imports:apply", args=[run.pk]))

    assert told == [("imports.write", [run.pk])]
    page = client.get(reverse("imports:run", args=[run.pk])).content.decode()
    assert "正在写入 2 行" in page
    assert 'hx-trigger="every 2s"' in page
    tasks.write(run.pk)
    assert "撤销导入" in client.get(reverse("imports:run", args=[run.pk])).content.decode()


def test_columns_are_named_over_the_api(cast: Cast, client: Client) -> None:
    circle = a_compartment(cast.campaign_officer)
    foreign = LIST.replace("observed_at,ip", "发现于,谁")
    run = read_file(
        foreign.encode(), "sightings", actor=cast.campaign_officer, at=NOW, compartment=circle, by_hand=True
    )
    bystander = read_file(
        foreign.encode(), "sightings", actor=cast.campaign_officer, at=NOW, compartment=circle, by_hand=True
    )
    client.force_login(cast.campaign_officer, backend=BACKEND)

    def ask(columns: dict[str, str]) -> Any:
        return client.post(f"/api/v1/imports/{run.pk}/columns/", {"columns": columns}, content_type="application/json")

    assert ask({"x": "ip"}).status_code == 400
    assert ask({"1": "ip", "2": "ip"}).status_code in {400, 422}
    answer = ask({"1": "observed_at", "2": "ip"})

    assert (answer.status_code, answer.json()["state"], answer.json()["created"]) == (200, "previewed", 2)
    bystander.refresh_from_db()
    assert bystander.state == "unmapped"
