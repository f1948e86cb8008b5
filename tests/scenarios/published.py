"""What was published about the Zhejiang campaign of 2021: each figure with its source.

The sources: A 中国纪检监察报 of December 2021 (一次突击抽查撬动“挖矿”专项整治), B 中国证券报 of 2021-12-14, C cnBeta of 2021-10-14.
These are what the records must add up to; the system never reads them.
"""

from typing import Any, Final, NamedTuple


class Fact(NamedTuple):
    """One published figure; ``at_least`` where the source says 余 or 多."""

    key: str
    value: Any
    source: str
    at_least: bool = False


FACTS: Final = (
    Fact("stages.count", 4, "A"),
    Fact("monitoring.suspicious_ips", 4699, "A, B"),
    Fact("monitoring.public_sector_ips", 183, "A, B"),
    Fact("monitoring.public_sector_units", 78, "A, B"),
    Fact("monitoring.earlier_count.ips", 184, "C"),
    Fact("monitoring.earlier_count.units", 77, "C"),
    Fact("monitoring.earlier_count.units_verified", 20, "C"),
    Fact("monitoring.earlier_count.ips_verified", 119, "C"),
    Fact("spot_check.from", "2021-09-06", "A"),
    Fact("spot_check.to", "2021-09-09", "A"),
    Fact("spot_check.regions", 7, "A"),
    Fact("spot_check.units", 20, "A"),
    Fact("spot_check.ips", 36, "A"),
    Fact("spot_check.teams", 4, "A"),
    Fact("spot_check.inspectors", 24, "A"),
    Fact("spot_check.units_with_active_mining", 14, "A"),
    Fact("spot_check.presented_as", "网络安全联合检查", "A"),
    Fact(
        "spot_check.agencies",
        {"省纪委监委", "省委网信办", "省通信管理局", "省公安厅", "国家互联网应急中心浙江分中心"},
        "A",
    ),
    Fact("self_inspection.units", 78, "A, B"),
    Fact("self_inspection.terminals_checked", 500, "A, B", at_least=True),
    Fact("self_inspection.rigs_sealed", 68, "A, B"),
    Fact("self_inspection.computers_sealed", 260, "A, B", at_least=True),
    Fact("self_inspection.currencies.count", 12, "A, B"),
    Fact(
        "self_inspection.currencies.named",
        {"比特币 BTC", "以太币 ETH", "莱特币 LTC", "门罗币 XMR", "喜鹊币", "渡鸦币 RVN"},
        "A, B",
        at_least=True,
    ),
    Fact("self_inspection.units_active", 34, "A, B"),
    Fact("self_inspection.units_passive", 32, "A, B"),
    Fact("people.active_miners_dealt_with", 48, "A, B"),
    Fact("people.of_them_public_employees", 21, "A, B"),
    Fact("people.party_or_administrative_sanctions", 7, "A, B"),
    Fact("people.interviewed_or_educated", 70, "A, B", at_least=True),
    Fact("energy.kwh_per_day", 148_500, "A, B"),
    Fact("energy.standard_coal_tonnes_per_day", 60, "A, B"),
    Fact("energy.standard_coal_tonnes_per_year", 21_900, "A, B"),
    Fact("energy.co2_tonnes_per_year", 54_000, "A, B"),
    Fact("upstream_makers.enterprises", 4, "A"),
    Fact("cases.jin.device.rigs", 4, "A"),
    Fact("cases.jin.device.gpus", 32, "A"),
    Fact("cases.jin.duration_months", 4, "A"),
    Fact("cases.jin.proceeds.ETH", 2.4, "A"),
    Fact("cases.jin.proceeds.cny", 43_000, "A"),
    Fact("cases.ding-he.device.rigs_bought", 3, "A"),
    Fact("cases.ding-he.duration_days", 111, "A"),
    Fact("cases.ding-he.proceeds.cny", 15_000, "A"),
    Fact("cases.yu-wu.price_when_found.ETH", 22_560, "A"),
    Fact("cases.six-ip-university.ips_confirmed_active", 6, "A"),
)

#: Person → what was decided, in the words of the records.
OUTCOMES: Final = {
    "cases.ding-he.people.丁某某.outcome": ["党内警告", "扣除绩效考核奖金 3 个月"],
    "cases.ding-he.people.何某某.outcome": ["解聘"],
    "cases.yu-wu.people.虞某.outcome": ["批评教育", "责令作出检查", "扣除绩效考核奖金 1 个季度"],
    "cases.yu-wu.people.吴某某.outcome": ["党内警告", "扣除绩效考核奖金 3 个季度"],
}
#: Person → gain in ether, at 22,560 yuan each.
GAINS: Final = {"虞某": "0.03", "吴某某": "0.76"}
#: Province → day from which, surcharge in yuan per kWh (上海证券报 2022-05-17).
TARIFFS: Final = {
    "浙江": ("2022-02-14", "0.50"),
    "山西": ("2022-05-10", "1.00"),
    "四川": ("2022-04-15", "2.00"),
    "陕西": ("2022-04-26", "1.00"),
    "山东": ("2022-02-24", "2.00"),
}
