"""Factors, surcharges, counts of others and cited cases are entered on pages, once, and never overwritten."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from casework.accounts.models import User
from casework.core.errors import Invalid
from casework.figures.definition import Scope
from casework.figures.models import Claim, EnergyFactors, PublishedCase, Tariff
from casework.figures.selectors import compute_figures, contradictions
from casework.figures.services.claims import cite_case, enter_factors, enter_tariff
from casework.ledger.models import Entry
from tests.build import moment
from tests.build_campaigns import Scene, a_scene
from tests.build_cases import a_case
from tests.cast import Cast

pytestmark = pytest.mark.django_db
AT = moment("2021-12-13 10:00")
FACTORS = {
    "code": "ZJ-2", "name": "电网平均", "valid_from": "2022-1-1", "kwh_per_address_day": "31.6", "kgce_per_kwh": "0.31",
    "kgco2_per_kwh": "0.5703", "kw_low": "0.4", "kw_high": "1.5", "source": "某部公告",
}  # fmt: skip
TARIFF = {"province": "浙江省", "from_on": "2022年2月14日", "surcharge": "0.50", "note": "", "source": "浙发改价格"}
CLAIM = {"beside": "self_inspection.units", "name": "", "value": "77", "as_of": "2021-10-14", "source": "某报"}


@pytest.fixture
def scene(cast: Cast) -> Scene:
    made = a_scene(cast)
    enter_factors(
        "ZJ", name="全煤", kwh_per_address_day=Decimal("31.6"), kgce_per_kwh=Decimal("0.404"),
        kgco2_per_kwh=Decimal("0.997"), source="通报", valid_from=date(2021, 7, 1), actor=cast.campaign_officer, at=AT,
    )  # fmt: skip
    enter_tariff(
        "四川", from_on=date(2021, 1, 1), surcharge=Decimal(2), source="文", actor=cast.campaign_officer, at=AT
    )
    return made


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="casework.accounts.backends.AccountBackend")
    return client


def test_a_version_is_added_on_its_page_and_never_overwritten(cast: Cast, scene: Scene) -> None:
    client, page = _client(cast.campaign_officer), reverse("figures:new-factors", args=[scene.campaign.code])
    assert "0.404" in client.get(page).content.decode()  # begins from the newest version

    assert client.post(page, FACTORS).status_code == 302
    again = client.post(page, FACTORS | {"kgce_per_kwh": "0.30"})

    assert again.status_code == 400
    assert "换一个版本名" in again.content.decode()
    assert "0.30" in again.content.decode()
    assert set(EnergyFactors.objects.values_list("code", "kgce_per_kwh")) == {
        ("ZJ", Decimal("0.404")),
        ("ZJ-2", Decimal("0.31")),
    }
    assert Entry.objects.filter(kind="figure.factors_added").count() == 2
    assert "ZJ-2" in client.get(reverse("figures:energy", args=[scene.campaign.code])).content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kw_high": ""}, "下限和上限要么都填，要么都不填。"),
        ({"kw_high": "0.3"}, "上限应大于下限 0.4 kW。"),
        ({"valid_from": "明年"}, "看不懂“明年”这个日期"),
        ({"code": "浙 江"}, "版本"),
        ({"source": ""}, "来源"),
    ],
)
def test_a_version_with_a_wrong_value_is_not_taken(cast: Cast, scene: Scene, given: dict[str, str], said: str) -> None:
    client = _client(cast.campaign_officer)

    answer = client.post(reverse("figures:new-factors", args=[scene.campaign.code]), FACTORS | given)

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert EnergyFactors.objects.get().code == "ZJ"


def test_a_surcharge_is_added_once_for_a_day(cast: Cast, scene: Scene) -> None:
    client, page = _client(cast.campaign_officer), reverse("figures:new-tariff", args=[scene.campaign.code])

    assert client.post(page, TARIFF).status_code == 302
    assert client.post(page, TARIFF | {"province": "浙江"}).status_code == 302  # the same again
    other = client.post(page, TARIFF | {"surcharge": "0.80"})

    assert other.status_code == 400
    assert "这一天已有加价" in other.content.decode()
    assert sorted(Tariff.objects.values_list("province", "surcharge")) == [
        ("四川", Decimal("2.00")),
        ("浙江", Decimal("0.50")),
    ]
    assert Entry.objects.filter(kind="figure.tariff_added").count() == 2


def test_two_sources_of_one_day_stand_beside_our_own_count(cast: Cast, scene: Scene) -> None:
    client, page = _client(cast.campaign_officer), reverse("figures:new-claim", args=[scene.campaign.code])

    assert client.post(page, CLAIM).status_code == 302
    assert client.post(page, CLAIM | {"value": "78", "source": "另一报"}).status_code == 302
    assert client.post(page, CLAIM | {"beside": "", "name": "全国通报数", "value": "5"}).status_code == 302
    nameless = client.post(page, CLAIM | {"beside": ""})
    slashed = client.post(page, CLAIM | {"beside": "", "name": "甲/乙"})
    changed = client.post(page, CLAIM | {"value": "79"})

    assert (nameless.status_code, slashed.status_code, changed.status_code) == (400, 400, 400)
    assert "就要写明是什么指标" in nameless.content.decode()
    assert "名称里不能有 / 和 @" in slashed.content.decode()
    assert "同一来源同一日期已有另一个数 77" in changed.content.decode()
    assert Claim.objects.count() == 3
    scope = Scope(scene.campaign, AT.date(), cast.campaign_officer)
    figures = compute_figures(scope)
    assert {figure.value for figure in figures.values() if figure.definition.source in {"某报", "另一报"}} == {
        77,
        78,
        5,
    }
    assert len([item for item in contradictions(scope, figures) if "2" in item.text and "7" in item.text]) >= 2
    shown = client.get(reverse("figures:list", args=[scene.campaign.code])).content.decode()
    assert "全国通报数" in shown
    for figure in figures.values():
        if figure.definition.source in {"某报", "另一报"}:
            opened = client.get(figure.url)
            assert opened.status_code == 200
            assert "@2021" not in opened.content.decode().split("<h1", 1)[1].split("</h1>")[0]


def test_a_case_is_cited_under_one_name(cast: Cast, scene: Scene) -> None:
    case = a_case(cast)
    other = a_case(cast)
    officer = cast.campaign_officer
    cite_case(scene.campaign, "first", case, source="某报", actor=officer, at=AT)
    with pytest.raises(Invalid, match="引用名 first 已用于案件"):
        cite_case(scene.campaign, "first", other, source="某报", actor=officer, at=AT)
    assert PublishedCase.objects.get().case == case
    page = reverse("figures:new-citation", args=[scene.campaign.code])
    given = {"case": other.pk, "code": "other", "source": "某报"}
    unknown = _client(officer).post(page, given)  # he may not know of any case
    assert unknown.status_code == 400
    assert "没有本行动单位的案件" in unknown.content.decode()
    outside = _client(cast.approver).post(page, given)  # he knows of it, but it is about no unit of the campaign
    assert outside.status_code == 400
    assert PublishedCase.objects.count() == 1
    other.unit = scene.campaign.campaign_units.order_by("pk")[0].unit
    other.save()
    assert _client(cast.approver).post(page, given).status_code == 302
    assert set(PublishedCase.objects.values_list("code", "case")) == {("first", case.pk), ("other", other.pk)}


@pytest.mark.parametrize("name", ["new-factors", "new-tariff", "new-claim"])
def test_others_enter_nothing(cast: Cast, scene: Scene, name: str) -> None:
    page = reverse(f"figures:{name}", args=[scene.campaign.code])
    for user, status in ((cast.auditor, 403), (cast.approver, 403), (cast.outsider, 404)):
        for answer in (_client(user).get(page), _client(user).post(page, TARIFF | FACTORS | CLAIM)):
            assert answer.status_code == status, user.username
    assert (Tariff.objects.count(), EnergyFactors.objects.count(), Claim.objects.count()) == (1, 1, 0)


def test_a_published_count_never_takes_the_place_of_another(cast: Cast, scene: Scene) -> None:
    client = APIClient()
    client.force_authenticate(cast.campaign_officer)
    place = f"/api/v1/figures/{scene.campaign.code}/claims/"
    given = {"key": "earlier.units", "value": "77", "as_of": "2021-10-14", "source": "某报"}
    assert client.post(place, given).status_code == 201
    assert client.post(place, given).status_code == 201  # the same again

    for change in ({"key": "self_inspection.units"}, {"source": "另一报"}, {"as_of": "2021-10-15"}):
        refused = client.post(place, {**given, **change})
        assert refused.status_code == 400, change
        assert "已经是另一个数的指标名" in refused.json()["message"]

    assert Claim.objects.get().value == 77
    figures = compute_figures(Scope(scene.campaign, AT.date(), cast.campaign_officer))
    assert figures["self_inspection.units"].value == 2
