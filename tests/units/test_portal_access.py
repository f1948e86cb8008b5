"""Who finds a unit's portal and who does not."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from casework.accounts.models import User
from casework.ledger.models import Entry
from tests.build import moment
from tests.build_campaigns import (
    Scene,
    a_scene,
    fill,
    submitted,
)
from tests.cast import Cast
from units.models import Attachment, SelfInspection, Terminal, UnitLeader

TODAY = "2021-10-27"
NOON = moment("2021-10-26 12:00")


@pytest.fixture(autouse=True)
def _demo_day(settings: Any) -> None:
    settings.CASEWORK_NOW = TODAY


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


def as_user(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def url(name: str, *args: Any) -> str:
    return reverse(f"units:portal-{name}", args=args)


def text_of(response: Any) -> str:
    return response.content.decode()


def portal_addresses(inspection: SelfInspection) -> list[str]:
    """Every address of the portal that names this inspection."""
    pk = inspection.pk
    row = Terminal._base_manager.filter(inspection=inspection).values_list("pk", flat=True).first()
    file = Attachment._base_manager.filter(inspection=inspection).values_list("pk", flat=True).first()
    return [
        url("report", pk),
        url("sign", pk),
        url("version", pk, 1),
        url("file", pk, file),
        *(url("question", pk, code) for code in ("rooms", "terminals", "watch")),
        url("row-new", pk, "terminals"),
        url("rows-import", pk, "terminals"),
        url("rows-template", pk, "terminals"),
        url("row", pk, "terminals", row),
    ]


def statuses(client: Client, inspection: SelfInspection) -> dict[str, int]:
    """Fetch every address and close what was handed out."""
    found = {}
    for place in portal_addresses(inspection):
        response = client.get(place)
        found[place] = response.status_code
        if response.streaming:
            b"".join(response.streaming_content)
    return found


@pytest.mark.parametrize(
    "who",
    [
        "officer",
        "outsider",
        "campaign_officer",
        "approver",
        "auditor",
        "other_leader",
        "liaison",
        "system_admin",
        "security_admin",
        "audit_admin",
    ],
)
def test_nobody_else_finds_a_units_portal(client: Client, cast: Cast, scene: Scene, who: str) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    as_user(client, cast.everyone()[who])

    found = statuses(client, scene.inspection)

    assert set(found.values()) == {404}, found


@pytest.mark.parametrize("who", ["other_leader", "campaign_officer"])
@pytest.mark.parametrize(
    ("name", "rest", "data"),
    [
        ("acknowledge", (), {}),
        ("question", ("rooms",), {"value": "x", "version": "1"}),
        ("sign", (), {"signed_name": "x"}),
        ("row-new", ("terminals",), {}),
        ("rows-import", ("terminals",), {"pasted": "x"}),
        ("attach", ("watch",), {}),
    ],
)
def test_nobody_else_writes_into_a_units_report(
    client: Client, cast: Cast, scene: Scene, who: str, name: str, rest: tuple[str, ...], data: dict[str, str]
) -> None:
    fill(scene.inspection, cast.unit_leader, at=NOON)
    entries = Entry.objects.count()

    response = as_user(client, cast.everyone()[who]).post(url(name, scene.inspection.pk, *rest), data)

    assert response.status_code == 404
    assert Entry.objects.count() == entries


def test_the_leader_finds_every_address_of_his_own(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    as_user(client, cast.unit_leader)

    found = statuses(client, scene.inspection)

    assert set(found.values()) == {200}, found


def test_a_former_leader_reads_since_when_and_nothing_of_the_report(client: Client, cast: Cast, scene: Scene) -> None:

    UnitLeader.objects.filter(unit=scene.unit).update(until=date(2021, 10, 20))
    UnitLeader.objects.create(unit=scene.unit, user=cast.liaison, name="后任", from_on=date(2021, 10, 21))
    as_user(client, cast.unit_leader)

    home = client.get(reverse("units:portal"))
    report = client.get(url("report", scene.inspection.pk))

    assert "您担任甲单位负责人到 2021年10月20日 为止" in text_of(home)
    assert report.status_code == 404


def test_a_report_not_yet_issued_does_not_exist_for_the_unit(
    client: Client, cast: Cast, scene: Scene, settings: Any
) -> None:
    settings.CASEWORK_NOW = "2021-10-10"
    as_user(client, cast.unit_leader)

    assert client.get(url("report", scene.inspection.pk)).status_code == 404
    assert "自查自纠报告" not in text_of(client.get(reverse("units:portal")))
