"""What does not fit blocks a summary until somebody says why, for these very numbers; electricity in yuan by date."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from casework.core.errors import Invalid, NotAllowed, NotReady
from casework.figures.definition import Scope
from casework.figures.energy import in_band, kw_of, surcharge
from casework.figures.models import EnergyFactors, Summary
from casework.figures.selectors import compute_figures, contradictions
from casework.figures.services.claims import enter_claim, enter_factors, enter_tariff, explain
from casework.figures.services.summaries import publish_summary
from casework.ledger.models import Entry
from tests.build import moment
from tests.build_campaigns import Scene, a_scene, campaign_unit_of
from tests.cast import Cast
from units.services.campaigns import set_outcome

pytestmark = pytest.mark.django_db
AT = moment("2021-12-13 10:00")


@pytest.fixture
def scene(cast: Cast) -> Scene:
    made = a_scene(cast)
    enter_factors(
        "ZJ", name="全煤", kwh_per_address_day=Decimal("31.6"), kgce_per_kwh=Decimal("0.404"),
        kgco2_per_kwh=Decimal("0.997"), source="通报", valid_from=date(2021, 7, 1), kw_low=Decimal("0.4"),
        kw_high=Decimal("1.5"), actor=cast.campaign_officer, at=AT,
    )  # fmt: skip
    enter_claim(
        made.campaign, "earlier.units", 77, as_of=date(2021, 10, 14), source="某报", beside="self_inspection.units",
        actor=cast.campaign_officer, at=AT,
    )  # fmt: skip
    return made


def test_a_summary_waits_for_a_reason_for_each_thing_that_does_not_fit(cast: Cast, scene: Scene) -> None:
    officer = cast.campaign_officer
    scope = Scope(scene.campaign, AT.date(), officer)
    with pytest.raises(NotReady) as refusal:
        publish_summary(scope, actor=officer, at=AT)
    assert [item.text.split("：")[0] for item in refusal.value.missing] == ["2 ≠ 0", "自查单位"]
    items = contradictions(scope, compute_figures(scope))
    with pytest.raises(Invalid):
        explain(items[0], scene.campaign, "  ", actor=officer, at=AT)
    for item in items:
        explain(item, scene.campaign, "统计口径不同", actor=officer, at=AT)
    with pytest.raises(NotAllowed):
        publish_summary(scope, actor=cast.officer, at=AT)

    first = publish_summary(scope, actor=officer, at=AT)

    assert (first.number, len(first.digest), len(first.content["explained"])) == (1, 64, 2)
    values = {row["key"]: row["value"] for row in first.content["figures"]}
    assert (values["self_inspection.units"], values["earlier.units"]) == (2, 77)
    entry = Entry.objects.get(kind="figure.summary_published")
    assert entry.payload["data"]["sha256"] == first.digest

    # One of the numbers moves: the reason was stated for others, so it no longer covers it.
    set_outcome(campaign_unit_of(scene.inspection), "cleared", basis_ref="finding:1", actor=officer, at=AT)
    with pytest.raises(NotReady) as refusal:
        publish_summary(scope, actor=officer, at=AT)
    assert [item.text.split("：")[0] for item in refusal.value.missing] == ["2 ≠ 1"]
    assert Summary.objects.get().content == first.content


def test_the_page_blocks_and_publishes(cast: Cast, scene: Scene, settings: object) -> None:
    settings.CASEWORK_NOW = "2021-12-13 10:00"  # type: ignore[attr-defined]
    client = Client()
    client.force_login(cast.campaign_officer, backend="casework.accounts.backends.AccountBackend")
    code = scene.campaign.code
    page, publish = reverse("figures:list", args=[code]), reverse("figures:publish", args=[code])
    body = client.get(page).content.decode()
    assert 'aria-describedby="publish-why"' in body
    assert "77" in body
    assert client.post(publish).status_code == 409
    for key in ("self_inspection.units", "self_inspection.units|earlier.units"):
        answer = client.post(reverse("figures:explain", args=[code]), {"key": key, "reason": "口径不同"})
        assert answer.status_code == 302
    assert client.post(publish).status_code == 302
    assert "口径不同" in client.get(reverse("figures:summary", args=[code, 1])).content.decode()
    auditor = Client()
    auditor.force_login(cast.auditor, backend="casework.accounts.backends.AccountBackend")
    assert auditor.post(publish).status_code == 403
    assert auditor.post(reverse("figures:explain", args=[code]), {"key": "x", "reason": "y"}).status_code == 403


@pytest.mark.parametrize(
    ("first", "last", "yuan"),
    [
        ("2022-02-12", "2022-02-13", ["0.00"]),
        ("2022-02-12", "2022-02-15", ["0.00", "100.00"]),
        ("2022-02-14", "2022-02-17", ["200.00"]),
        ("2022-05-30", "2022-06-02", ["100.00", "160.00"]),
    ],
)
def test_a_surcharge_follows_province_and_day(cast: Cast, first: str, last: str, yuan: list[str]) -> None:
    for day, rate in ((date(2022, 2, 14), "0.50"), (date(2022, 6, 1), "0.80")):
        enter_tariff("浙江", from_on=day, surcharge=Decimal(rate), source="发改委", actor=cast.campaign_officer, at=AT)
    enter_tariff(
        "四川", from_on=date(2021, 1, 1), surcharge=Decimal(2), source="发改委", actor=cast.campaign_officer, at=AT
    )

    charges = surcharge("浙江", date.fromisoformat(first), date.fromisoformat(last), Decimal(400))

    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    assert sum(charge.kwh for charge in charges) == 400
    assert days * 100 == 400 or yuan == ["0.00"]
    assert [str(charge.yuan) for charge in charges] == yuan


def test_a_rig_outside_the_band_is_looked_at_again(scene: Scene) -> None:
    factors = EnergyFactors.objects.get()
    # 190 rigs × 1,000 h = 90,000 kWh; 540 rigs × 1,300 h = 370,000 kWh; 148,500 kWh a day over 4,699 addresses.
    assert kw_of(Decimal(90_000), Decimal(1000), 190) == Decimal("0.47")
    assert kw_of(Decimal(370_000), Decimal(1300), 540) == Decimal("0.53")
    assert kw_of(Decimal(148_500), Decimal(24), 4699) == Decimal("1.32")
    assert [in_band(Decimal(kw), factors) for kw in ("0.39", "0.40", "1.50", "1.51")] == [False, True, True, False]
