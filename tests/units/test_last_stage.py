"""The last stage: units are asked for a report there too, and its column shows what presses most."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.build import moment
from tests.build_campaigns import a_scene, campaign_unit_of, submitted
from tests.cast import Cast
from units.models import SelfInspection
from units.selectors.campaigns import matrix
from units.selectors.matrix import matrix_page
from units.services.rectification import order_rectification

pytestmark = pytest.mark.django_db


def _text(response: Any) -> str:
    return str(response.content.decode())


def test_the_last_stage_is_issued_by_form_and_stands_in_its_column(client: Client, cast: Cast, settings: Any) -> None:
    settings.CASEWORK_NOW = "2021-11-30"
    scene = a_scene(cast)
    client.force_login(cast.campaign_officer)
    place = reverse("units:campaign-issue", args=[scene.campaign.code])
    office = client
    first = _text(office.get(place, {"stage": "self_inspection"}))
    assert "每家单位都已下发" in first

    page = _text(office.get(place))
    assert "还有 2 家单位没有下发" in page
    assert 'value="institution"' in page
    done = office.post(place, {"due_on": "2021-12-20", "stage": "institution"})
    assert done.status_code == 302
    issued = SelfInspection.objects.filter(stage__code="institution")
    assert issued.count() == 2
    order_rectification(
        campaign_unit_of(scene.bystander), title="加固", measures="改口令", due_on=date(2021, 12, 10),
        actor=cast.campaign_officer, at=moment("2021-11-30 12:00"),
    )  # fmt: skip

    def column(day: date) -> dict[str, tuple[str, str]]:
        found = matrix(scene.campaign, cast.campaign_officer, day)
        assert matrix_page(scene.campaign, cast.campaign_officer, day).rows == found.rows
        assert matrix_page(scene.campaign, cast.campaign_officer, day).shares == found.shares
        return {row.campaign_unit.unit.name: (row.cells[3].word, row.cells[3].number) for row in found.rows}

    assert column(date(2021, 11, 30)) == {"甲单位": ("未签收", "0/14"), "乙单位": ("未签收", "0/14")}
    assert column(date(2021, 12, 13)) == {"甲单位": ("未签收", "0/14"), "乙单位": ("逾期", "1")}
    mine = issued.get(unit=scene.unit)
    submitted(mine, cast.unit_leader, at=moment("2021-12-01 09:00"))
    assert column(date(2021, 12, 2))["甲单位"] == ("待审核", "14/14")
    page = _text(office.get(reverse("units:campaign", args=[scene.campaign.code])))
    assert "催报 1 家" in page
    assert "建章立制" in page
