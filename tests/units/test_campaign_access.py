"""Who finds the pages of campaigns, with which buttons, from when."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from casework.access.services.compartments import let_in
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core import clock
from casework.notices.models import Notice
from tests.build import a_user, moment
from tests.build_campaigns import (
    Scene,
    a_scene,
    submitted,
)
from tests.cast import Cast

NOON = moment("2021-10-26 12:00")


@pytest.fixture(autouse=True)
def _demo_day(settings: Any) -> None:
    settings.CASEWORK_NOW = "2021-10-27"


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return a_scene(cast)


def as_user(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    return response.content.decode()


def addresses(scene: Scene) -> list[str]:
    row = scene.inspection.campaign_unit_id
    code, pk = scene.campaign.code, scene.inspection.pk
    return [
        reverse("units:campaign", args=[code]),
        reverse("units:campaign-units", args=[code]),
        reverse("units:campaign-unit", args=[code, row]),
        reverse("units:self-inspection", args=[pk]),
        reverse("units:self-inspection-version", args=[pk, 1]),
    ]


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("officer", 200),
        ("campaign_officer", 200),
        ("approver", 200),
        ("auditor", 200),
        ("outsider", 404),
        ("unit_leader", 404),
        ("other_leader", 404),
        ("liaison", 404),
        ("system_admin", 404),
        ("security_admin", 404),
        ("audit_admin", 404),
    ],
)
def test_who_finds_the_pages_of_a_campaign(client: Client, cast: Cast, scene: Scene, who: str, expected: int) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)
    as_user(client, cast.everyone()[who])

    found = {place: client.get(place).status_code for place in addresses(scene)}

    assert set(found.values()) == {expected}, found


def test_an_auditor_sees_no_buttons(client: Client, cast: Cast, scene: Scene) -> None:
    submitted(scene.inspection, cast.unit_leader, at=NOON)

    page = text_of(as_user(client, cast.auditor).get(reverse("units:self-inspection", args=[scene.inspection.pk])))

    assert "开始审核" not in page
    assert "下结论" not in page


def test_the_list_is_empty_for_somebody_outside(client: Client, cast: Cast, scene: Scene) -> None:
    page = as_user(client, cast.outsider).get(reverse("units:self-inspections"))

    assert page.status_code == 200
    assert "甲单位" not in text_of(page)
    assert "甲单位" not in text_of(client.get(reverse("units:campaigns")))


def test_roles_without_the_act_are_refused_by_the_page(client: Client, cast: Cast, scene: Scene) -> None:
    as_user(client, cast.officer)

    urge = client.post(reverse("units:campaign-urge", args=[scene.campaign.code]), {"stage": "self_inspection"})
    draw = client.get(reverse("units:campaign-draw", args=[scene.campaign.code]))

    assert urge.status_code == 403
    assert draw.status_code == 403
    assert not Notice.objects.filter(kind="selfinspection.urged").exists()


def test_a_member_let_in_later_sees_it(client: Client, cast: Cast, scene: Scene) -> None:
    newcomer = a_user("新人", Role.CAMPAIGN_OFFICER)
    place = reverse("units:campaign", args=[scene.campaign.code])

    before = as_user(client, newcomer).get(place).status_code
    let_in(scene.campaign.compartment, newcomer, actor=cast.campaign_officer, at=clock.now())

    assert (before, client.get(place).status_code) == (404, 200)
