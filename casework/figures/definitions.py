"""Every figure of a campaign, defined once: its words, its unit, its source and the rows it counts.

A figure is the length or the sum of a list. Nothing here is a number; what is not in the records is not shown.
"""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases.models import Inspection, InspectionTeam, Penalty, Site, SiteAddress, TeamMember
from casework.figures import energy
from casework.figures.definition import Definition, Rows, Scope
from casework.figures.models import Tariff
from units.enums import MatchState
from units.enums_campaign import DeviceKind, Handled, Involvement, Outcome, StageCode
from units.models import (
    CampaignUnit,
    Finding,
    ListedAddress,
    ReportedCurrency,
    ReportedPerson,
    SealedDevice,
    SelfInspection,
    Sighting,
    Stage,
    Terminal,
    Unit,
)

#: The suffix of the sub-campaign over makers and sellers of rigs, upstream of those who mine.
UPSTREAM = "-upstream"
#: 党纪处分, 政务处分 and the employer's sanctions that replace them (政务处分法第十六条).
SANCTION_FAMILIES = ("party_discipline", "gov_sanction", "employer_sanction")


def _listed(scope: Scope) -> QuerySet[ListedAddress]:
    rows = scope.seen(ListedAddress.objects.all()).filter(
        monitor_list__compartment=scope.campaign.compartment_id, monitor_list__sampled_at__date__lte=scope.as_of
    )
    return rows.order_by("ip", "pk").distinct("ip")


def _public_sightings(scope: Scope) -> QuerySet[Sighting]:
    return scope.seen(Sighting.objects.all()).filter(
        compartment=scope.campaign.compartment_id,
        monitor_list__sampled_at__date__lte=scope.as_of,
        match_state=MatchState.MATCHED,
        unit__is_public=True,
    )


def _public_addresses(scope: Scope) -> QuerySet[Sighting]:
    return _public_sightings(scope).order_by("ip", "pk").distinct("ip")


def _public_units(scope: Scope) -> QuerySet[Unit]:
    return Unit.objects.filter(pk__in=_public_sightings(scope).values("unit_id")).order_by("name", "pk")


def _inspections(scope: Scope) -> QuerySet[Inspection]:
    return scope.seen(Inspection.objects.all()).filter(campaign=scope.campaign, from_on__lte=scope.as_of).order_by("pk")


def _sites(scope: Scope) -> QuerySet[Site]:
    rows = scope.seen(Site.objects.all())
    return rows.filter(team__inspection__in=_inspections(scope), visit_on__lte=scope.as_of).order_by("pk")


def _teams(scope: Scope) -> QuerySet[InspectionTeam]:
    return scope.seen(InspectionTeam.objects.all()).filter(inspection__in=_inspections(scope)).order_by("number", "pk")


def _reports(scope: Scope) -> QuerySet[SelfInspection]:
    rows = scope.seen(SelfInspection.objects.all()).filter(
        stage__campaign=scope.campaign, stage__code=StageCode.SELF_INSPECTION, issued_on__lte=scope.as_of
    )
    return rows.order_by("unit__name", "pk")


def _in_reports(model: Any, **more: Any) -> Rows:
    """Rows of sheets of reports that have been submitted by the day."""

    def rows(scope: Scope) -> QuerySet[Any]:
        submitted = _reports(scope).filter(submitted_at__date__lte=scope.as_of)
        return scope.seen(model.objects.all()).filter(inspection__in=submitted, **more).order_by("pk")

    return rows


def _with_outcome(outcome: Outcome) -> Rows:
    def rows(scope: Scope) -> QuerySet[CampaignUnit]:
        return (
            scope.seen(CampaignUnit.objects.all())
            .filter(campaign=scope.campaign, outcome=outcome, outcome_at__date__lte=scope.as_of)
            .order_by("unit__name", "pk")
        )

    return rows


def _currencies(scope: Scope) -> QuerySet[ReportedCurrency]:
    return _in_reports(ReportedCurrency)(scope).order_by("name", "pk").distinct("name")


def _sanctioned(scope: Scope) -> QuerySet[Penalty]:
    """Penalties in force that hold a party or an administrative sanction, one row a person."""
    rows = scope.seen(Penalty.objects.alive()).filter(suspect__case__lead__campaign=scope.campaign)
    in_force = rows.filter(effective_on__lte=scope.as_of, measures__family__in=SANCTION_FAMILIES)
    return in_force.order_by("suspect_id", "pk").distinct("suspect_id")


def _upstream(scope: Scope) -> QuerySet[CampaignUnit]:
    """Makers checked in the campaign's own sub-campaign (code with the suffix), with a conclusion."""
    rows = scope.seen(CampaignUnit.objects.all()).filter(campaign__code=f"{scope.campaign.code}{UPSTREAM}")
    return rows.filter(outcome_at__date__lte=scope.as_of).order_by("unit__name", "pk")


def _upstream_findings(scope: Scope) -> QuerySet[Finding]:
    """What was found about each of those makers."""
    rows = scope.seen(Finding.objects.all()).filter(campaign_unit__in=_upstream(scope).values("pk"))
    return rows.filter(found_at__date__lte=scope.as_of).order_by("campaign_unit__unit__name", "pk")


def _only(rows: "QuerySet[Any]", name: str) -> list[Any]:
    return list(rows.values_list(name, flat=True))


_MONITOR = _("监测清单（网信、通信管理部门移交）")
_FIELD = _("现场检查记录")
_REPORTS = _("各单位已上报的自查报告")

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "stages.count",
        _("工作阶段"),
        _("本行动划分的阶段数"),
        _("个"),
        _("行动方案"),
        lambda s: Stage.objects.filter(campaign=s.campaign).order_by("order"),
    ),
    Definition(
        "monitoring.suspicious_ips",
        _("疑似“挖矿”地址"),
        _("监测清单中不重复的 IP 地址"),
        _("个"),
        _MONITOR,
        _listed,
    ),
    Definition(
        "monitoring.public_sector_ips",
        _("公共机构地址"),
        _("监测时刻归属唯一、且归属单位为公共机构的不重复 IP 地址"),
        _("个"),
        _MONITOR,
        _public_addresses,
    ),
    Definition(
        "monitoring.public_sector_units",
        _("涉及公共机构"),
        _("上列地址所归属的单位"),
        _("家"),
        _MONITOR,
        _public_units,
    ),
    Definition(
        "spot_check.from",
        _("突击检查开始"),
        _("突击检查第一天"),
        "",
        _FIELD,
        _inspections,
        lambda _s, rows: min(_only(rows, "from_on")).isoformat(),
        _inspections,
    ),
    Definition(
        "spot_check.to",
        _("突击检查结束"),
        _("突击检查最后一天"),
        "",
        _FIELD,
        _inspections,
        lambda _s, rows: max(_only(rows, "to_on")).isoformat(),
        _inspections,
    ),
    Definition(
        "spot_check.presented_as",
        _("对外名义"),
        _("进场时使用的名义"),
        "",
        _FIELD,
        _inspections,
        lambda _s, rows: "、".join(sorted(set(_only(rows, "cover_name")))),
        _inspections,
    ),
    Definition(
        "spot_check.agencies",
        _("参加机关"),
        _("检查组成员所属机关"),
        _("家"),
        _FIELD,
        lambda s: (
            s.seen(TeamMember.objects.all()).filter(team__in=_teams(s)).order_by("agency", "pk").distinct("agency")
        ),
        lambda _s, rows: _only(rows, "agency"),
        _inspections,
    ),
    Definition(
        "spot_check.regions",
        _("检查地区"),
        _("受检单位所在的设区市"),
        _("个"),
        _FIELD,
        _sites,
        lambda _s, rows: len({code[:4] for code in _only(rows, "region_id")}),
        _inspections,
    ),
    Definition(
        "spot_check.units",
        _("检查单位"),
        _("检查组到场的单位"),
        _("家"),
        _FIELD,
        lambda s: Unit.objects.filter(pk__in=_sites(s).values("unit_id")).order_by("name", "pk"),
        None,
        _inspections,
    ),
    Definition(
        "spot_check.ips",
        _("检查地址"),
        _("检查组现场核查的不重复 IP 地址"),
        _("个"),
        _FIELD,
        lambda s: s.seen(SiteAddress.objects.all()).filter(site__in=_sites(s)).order_by("ip", "pk").distinct("ip"),
        None,
        _inspections,
    ),
    Definition("spot_check.teams", _("检查组"), _("派出的检查组"), _("个"), _FIELD, _teams, None, _inspections),
    Definition(
        "spot_check.inspectors",
        _("检查人员"),
        _("各检查组成员"),
        _("人"),
        _FIELD,
        lambda s: s.seen(TeamMember.objects.all()).filter(team__in=_teams(s)).order_by("team__number", "pk"),
        None,
        _inspections,
    ),
    Definition(
        "spot_check.units_with_active_mining",
        _("主动“挖矿”单位"),
        _("现场认定为主动“挖矿”的单位"),
        _("家"),
        _FIELD,
        lambda s: Unit.objects.filter(
            pk__in=_sites(s).filter(nature=Outcome.ACTIVE, reported_at__date__lte=s.as_of).values("unit_id")
        ).order_by("name", "pk"),
        None,
        _inspections,
    ),
    Definition("self_inspection.units", _("自查单位"), _("下发自查的单位"), _("家"), _REPORTS, _reports),
    Definition(
        "self_inspection.terminals_checked",
        _("自查终端"),
        _("自查报告逐台列出的终端"),
        _("台"),
        _REPORTS,
        _in_reports(Terminal),
    ),
    Definition(
        "self_inspection.rigs_sealed",
        _("封存矿机"),
        _("自查报告逐台列出的封存矿机"),
        _("台"),
        _REPORTS,
        _in_reports(SealedDevice, kind=DeviceKind.RIG),
    ),
    Definition(
        "self_inspection.computers_sealed",
        _("封存计算机"),
        _("自查报告逐台列出的封存计算机"),
        _("台"),
        _REPORTS,
        _in_reports(SealedDevice, kind=DeviceKind.COMPUTER),
    ),
    Definition(
        "self_inspection.currencies.count",
        _("涉及币种"),
        _("自查报告列出的不重复币种"),
        _("种"),
        _REPORTS,
        _currencies,
    ),
    Definition(
        "self_inspection.currencies.named",
        _("币种名称"),
        _("自查报告列出的不重复币种"),
        "",
        _REPORTS,
        _currencies,
        lambda _s, rows: [f"{row.name} {row.symbol}".strip() for row in rows],
    ),
    Definition(
        "self_inspection.units_active",
        _("主动“挖矿”单位"),
        _("结论为主动的单位"),
        _("家"),
        _("专项行动结论"),
        _with_outcome(Outcome.ACTIVE),
    ),
    Definition(
        "self_inspection.units_passive",
        _("被动“挖矿”单位"),
        _("结论为被动（木马、弱口令）的单位"),
        _("家"),
        _("专项行动结论"),
        _with_outcome(Outcome.PASSIVE),
    ),
    Definition(
        "self_inspection.units_unexplained",
        _("没有结论的单位"),
        _("列入行动、到截止日还没有结论的单位"),
        _("家"),
        _("专项行动结论"),
        lambda s: (
            s.seen(CampaignUnit.objects.all())
            .filter(campaign=s.campaign)
            .exclude(outcome__gt="", outcome_at__date__lte=s.as_of)
            .order_by("unit__name", "pk")
        ),
    ),
    Definition(
        "people.active_miners_dealt_with",
        _("处理主动“挖矿”人员"),
        _("报告列为“挖矿”人员且已作处理的人"),
        _("人"),
        _REPORTS,
        lambda s: _in_reports(ReportedPerson, involvement=Involvement.MINER)(s).exclude(handled=Handled.NONE),
    ),
    Definition(
        "people.of_them_public_employees",
        _("其中公职人员"),
        _("上列人员中的公职人员"),
        _("人"),
        _REPORTS,
        lambda s: _in_reports(ReportedPerson, involvement=Involvement.MINER, public_official=True)(s).exclude(
            handled=Handled.NONE
        ),
    ),
    Definition(
        "people.party_or_administrative_sanctions",
        _("党纪政务处分"),
        _("处分决定已生效、且含党纪处分、政务处分或事业单位处分的人"),
        _("人"),
        _("处分决定"),
        _sanctioned,
    ),
    Definition(
        "people.interviewed_or_educated",
        _("谈话教育"),
        _("报告列明已谈话提醒或批评教育的人"),
        _("人"),
        _REPORTS,
        _in_reports(ReportedPerson, handled=Handled.TALK),
    ),
    *energy.definitions(_listed),
    Definition(
        "upstream_makers.enterprises",
        _("上游矿机企业"),
        _("已核查的矿机制造、销售企业"),
        _("家"),
        _("核查结论"),
        _upstream,
    ),
    Definition(
        "upstream_makers.outcome",
        _("上游矿机企业的结论"),
        _("各企业核查结论中不重复的说法"),
        "",
        _("核查结论"),
        _upstream_findings,
        lambda _s, rows: "、".join(dict.fromkeys(_only(rows, "summary"))),
        _upstream_findings,
    ),
    Definition(
        "tariffs.count",
        _("差别电价"),
        _("已登记的各省加价文件"),
        _("件"),
        _("电价文件"),
        lambda s: Tariff.objects.filter(from_on__lte=date.max).order_by("from_on", "pk"),
    ),
)
