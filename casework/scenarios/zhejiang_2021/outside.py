"""What others published about the campaign, and the factors and tariffs its conversions use."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from casework.figures.services import claims
from casework.scenarios.zhejiang_2021.people import Crew
from units.models import Campaign

AT = datetime(2021, 12, 13, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
#: An earlier count of the same campaign: key, our figure with the same meaning, value.
_OCTOBER = (
    ("monitoring.earlier_count.ips", "monitoring.public_sector_ips", 184),
    ("monitoring.earlier_count.units", "monitoring.public_sector_units", 77),
    ("monitoring.earlier_count.units_verified", "spot_check.units", 20),
    ("monitoring.earlier_count.ips_verified", "spot_check.ips", 119),
)
_TARIFFS = (
    ("浙江", date(2022, 2, 14), "0.50", "同一用户混用的，全部电量加价"),
    ("山西", date(2022, 5, 10), "1.00", ""),
    ("四川", date(2022, 4, 15), "2.00", ""),
    ("陕西", date(2022, 4, 26), "1.00", "含税"),
    ("山东", date(2022, 2, 24), "2.00", "征求意见稿"),
)


def enter(campaign: Campaign, crew: Crew) -> None:
    """Enter published counts, factors and tariffs; nothing of it is counted as ours."""
    actor = crew["campaign1"]
    for key, beside, value in _OCTOBER:
        claims.enter_claim(
            campaign,
            key,
            value,
            as_of=date(2021, 10, 14),
            source="cnBeta 2021-10-14",
            beside=beside,
            actor=actor,
            at=AT,
        )
    claims.enter_factors(
        "ZJ-2021-NEWS",
        name="2021年通报所用的全煤电因子",
        kwh_per_address_day=Decimal("31.6"),
        kgce_per_kwh=Decimal("0.404"),
        kgco2_per_kwh=Decimal("0.997"),
        source="中国纪检监察报 2021-12 通报的 148,500 kWh/天、60 吨/天、5.4 万吨/年反推",
        valid_from=date(2021, 7, 1),
        kw_low=Decimal("0.4"),
        kw_high=Decimal("1.5"),
        actor=actor,
        at=AT,
    )
    for province, from_on, surcharge, note in _TARIFFS:
        claims.enter_tariff(
            province,
            from_on=from_on,
            surcharge=Decimal(surcharge),
            note=note,
            source="上海证券报 2022-05-17",
            actor=actor,
            at=AT,
        )
