"""Address blocks as a list: who held which network from a day to a day.

Overlaps are found by the database over an index, then judged row by row in the order of the file.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from ipaddress import ip_network
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.accounts.models import User
from casework.imports.enums import Outcome
from casework.imports.models import ImportRun
from casework.imports.registry import Column, Context, Verdict, register_kind
from casework.imports.rules import parse_date, parse_networks, parse_port, parse_unit_code, text_up_to
from casework.imports.selectors import read_rows, rows_with
from casework.imports.services.staging import store_verdicts
from units.enums import ClaimState
from units.models import AddressBlock, AddressConflict
from units.services.imports_undo import remove, restore
from units.services.imports_units import units_by_code

_STAGE = """
create temp table claim on commit drop as
select r.line, p.net::cidr as net, u.id as unit_id,
       daterange((r.data->>'valid_from')::date, (r.data->>'valid_to')::date, '[]') as valid,
       r.data ? 'valid_from' as has_from,
       case when r.data ? 'nat_port_from'
            then int4range((r.data->>'nat_port_from')::int, (r.data->>'nat_port_to')::int, '[]') end as ports
from imports_importrow r
cross join lateral jsonb_array_elements_text(r.data->'network') as p(net)
join units_unit u on u.code = r.data->>'unit_code'
where r.run_id = %s and r.data is not null
"""
_ALL_PORTS = "int4range(0, 65536)"
#: Claims of the same unit that overlap: what stands already (by the index of the exclusion, which holds the network as
#: an expression), or what was given up and is little.
_OWN = f"""
select c.line, c.net::text, b.id, b.state = 'standing',
       b.network = c.net and b.nat_ports is not distinct from c.ports
       and (not c.has_from or lower(b.valid) is not distinct from lower(c.valid)) as same_claim
from claim c
cross join lateral (
    select * from units_addressblock
    where state = 'standing' and unit_id = c.unit_id and network(network) && c.net
    union all
    select * from units_addressblock
    where state <> 'standing' and unit_id = c.unit_id and network && c.net
) b
where b.taken_back_at is null and b.valid && c.valid
  and coalesce(b.nat_ports, {_ALL_PORTS}) && coalesce(c.ports, {_ALL_PORTS})
"""  # noqa: S608  only constants of the house are put in
_OTHERS = """
select c.line, b.id
from claim c
join units_addressblock b on b.network = c.net
where b.unit_id <> c.unit_id and b.state = 'standing' and b.valid && c.valid
  and ((b.nat_ports is null and c.ports is null) or b.nat_ports && c.ports)
"""
_FILE_OWN = f"""
select c.line, e.line
from claim c
join claim e on e.net && c.net
where e.line < c.line and e.unit_id = c.unit_id and e.valid && c.valid
  and coalesce(e.ports, {_ALL_PORTS}) && coalesce(c.ports, {_ALL_PORTS})
"""  # noqa: S608  only constants of the house are put in
_FILE_OTHERS = """
select c.line, e.line
from claim c
join claim e on e.net = c.net
where e.line < c.line and e.unit_id <> c.unit_id and e.valid && c.valid
  and ((e.ports is null and c.ports is null) or e.ports && c.ports)
"""
_NOTE_CONFLICTS = """
insert into units_addressconflict (first_id, second_id, noted_at, reason)
select distinct least(a.id, b.id), greatest(a.id, b.id), %s::timestamptz, ''
from units_addressblock a
join units_addressblock b on b.network = a.network
where a.id = any(%s) and b.unit_id <> a.unit_id and a.state = 'standing' and b.state = 'standing'
  and a.valid && b.valid
  and ((a.nat_ports is null and b.nat_ports is null) or a.nat_ports && b.nat_ports)
on conflict do nothing
"""


class AddressBlocksKind:
    """网段."""

    name = "address-blocks"
    label = gettext_lazy("网段")
    act = "register.import"
    in_compartment = False
    columns = (
        Column("network", "网段", parse_networks, True, "198.51.100.0/28", ("IP地址", "地址段", "IP段", "ip", "cidr")),
        Column(
            "unit_code", "单位代码", parse_unit_code, True, "12330000470009999E", ("统一社会信用代码", "使用单位代码")
        ),
        Column("valid_from", "启用日期", parse_date, False, "2019-03-01", ("生效日期", "起始日期")),
        Column("valid_to", "停用日期", parse_date, False, "", ("失效日期", "截止日期", "终止日期")),
        Column("nat_port_from", "起始端口", parse_port, False, "20000", ("端口起",)),
        Column("nat_port_to", "结束端口", parse_port, False, "29999", ("端口止", "终止端口")),
        Column("operator", "运营商", text_up_to(80), False, "中国电信"),
        Column("reference", "依据", text_up_to(200), False, "通管局复函", ("来源", "文号", "备注")),
    )

    def check(self, values: dict[str, Any], context: Context) -> str:
        """Days and ports in order, ports in pairs."""
        if values.get("valid_from", "") > values.get("valid_to", "9"):
            return _("“停用日期”的“%(last)s”早于“启用日期”的“%(first)s”；核对两个日期") % {
                "last": values["valid_to"],
                "first": values["valid_from"],
            }
        if ("nat_port_from" in values) != ("nat_port_to" in values):
            return _("起始端口和结束端口要成对填写；补上另一个，或都留空")
        if values.get("nat_port_from", 0) > values.get("nat_port_to", 0):
            return _("起始端口大于结束端口；改成 %(first)d 至 %(last)d") % {
                "first": values["nat_port_to"],
                "last": values["nat_port_from"],
            }
        return ""

    def classify(self, run: ImportRun, *, at: datetime) -> dict[str, Any]:
        """Find overlaps in one go, then judge the rows in order."""
        rows = list(read_rows(run))
        facts = _gather(run, set(units_by_code({values["unit_code"] for _line, values in rows})))
        by_line = dict(rows)
        store_verdicts(run, [_judge(line, values, facts, by_line) for line, values in rows])
        return {}

    def apply(self, run: ImportRun, *, actor: User | None, at: datetime) -> dict[str, Any]:
        """Write the claims, then state the conflicts among them and with what stood already."""
        rows = list(rows_with(run, Outcome.CREATED, Outcome.UPDATED, Outcome.CONFLICTING))
        units = units_by_code({row.data["unit_code"] for row in rows})
        wanted = [
            (row, _block(run, net, row.data, units[row.data["unit_code"]].pk))
            for row in rows
            for net in (row.changes or {}).get("add", [])
        ]
        created = AddressBlock.objects.bulk_create([block for _row, block in wanted], batch_size=1000)
        made: dict[int, list[int]] = defaultdict(list)
        for (row, _unsaved), block in zip(wanted, created, strict=True):
            made[row.line].append(block.pk)
        touched = [block.pk for block in created]
        for row in rows:
            for pk, changes in (row.changes or {}).get("change", {}).items():
                _change(int(pk), changes)
                touched.append(int(pk))
        with connection.cursor() as cursor:
            cursor.execute(_NOTE_CONFLICTS, [at, touched])
        store_verdicts(
            run,
            [
                Verdict(
                    row.line,
                    row.outcome,
                    row.message,
                    (row.changes or {}) | {"made": made[row.line]},
                    made[row.line][0] if made[row.line] else row.target,
                )
                for row in rows
            ],
        )
        return {}

    def undo(self, run: ImportRun, *, actor: User | None, at: datetime) -> None:
        """Give changed claims their old values back, then remove the new ones with their unsettled conflicts."""
        made: list[int] = []
        for row in rows_with(run, Outcome.CREATED, Outcome.UPDATED, Outcome.CONFLICTING):
            made += (row.changes or {}).get("made", [])
            for pk, changes in (row.changes or {}).get("change", {}).items():
                _change(int(pk), {name: pair[::-1] for name, pair in changes.items()}, row.line)
        created = AddressBlock.objects.filter(pk__in=made)
        AddressConflict.objects.filter(Q(first__in=made) | Q(second__in=made), settled_at__isnull=True).delete()
        remove(created, actor=actor, at=at, state=ClaimState.WITHDRAWN)


@dataclass
class _Facts:
    """What the database found about the rows of a file."""

    units: set[str]
    own: dict[int, list[tuple[str, int, bool, bool]]] = field(default_factory=lambda: defaultdict(list))
    others: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    file_own: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    file_others: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    blocks: dict[int, AddressBlock] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)


def _gather(run: ImportRun, units: set[str]) -> _Facts:
    facts = _Facts(units)
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists pg_temp.claim")
        cursor.execute(_STAGE, [run.pk])
        cursor.execute("create index on pg_temp.claim using gist (unit_id, net inet_ops)")
        cursor.execute("analyze pg_temp.claim")
        cursor.execute(_OWN)
        for line, *found in cursor.fetchall():
            facts.own[line].append(tuple(found))
        for sql, target in ((_OTHERS, facts.others), (_FILE_OWN, facts.file_own), (_FILE_OTHERS, facts.file_others)):
            cursor.execute(sql)
            for line, other in cursor.fetchall():
                target[line].append(other)
    ids = {found[1] for every in facts.own.values() for found in every} | {
        pk for every in facts.others.values() for pk in every
    }
    facts.blocks = AddressBlock.objects.select_related("unit").in_bulk(sorted(ids))
    return facts


def _judge(line: int, values: dict[str, Any], facts: _Facts, by_line: dict[int, dict[str, Any]]) -> Verdict:
    verdict = _own_claims(line, values, facts, by_line)
    if verdict.outcome == Outcome.REFUSED:
        facts.refused.add(line)
        return verdict
    if not (verdict.changes or {}).get("add"):
        return verdict
    rivals = [f"{facts.blocks[pk].unit}" for pk in facts.others[line]]
    rivals += [
        _("第 %(line)d 行的 %(code)s") % {"line": other, "code": by_line[other]["unit_code"]}
        for other in facts.file_others[line]
        if other not in facts.refused
    ]
    if rivals:
        verdict.outcome = Outcome.CONFLICTING
        verdict.message = _("同一网段同一时期还有：%(rivals)s。两份都保留，认定之前这些地址归属有争议") % {
            "rivals": "、".join(dict.fromkeys(rivals))
        }
    return verdict


def _own_claims(line: int, values: dict[str, Any], facts: _Facts, by_line: dict[int, dict[str, Any]]) -> Verdict:
    if values["unit_code"] not in facts.units:
        text = _("“单位代码”的“%(code)s”不在登记册里；先导入该单位，或改正代码")
        return Verdict(line, Outcome.REFUSED, text % {"code": values["unit_code"]})
    for other in facts.file_own[line]:
        if other in facts.refused:
            continue
        if by_line[other] == values:
            return Verdict(line, Outcome.UNCHANGED, _("与第 %(line)d 行相同") % {"line": other})
        text = _("与第 %(line)d 行是同一单位、网段和时期重叠；合成一行，或错开日期")
        return Verdict(line, Outcome.REFUSED, text % {"line": other})
    known: dict[str, AddressBlock] = {}
    given_up = False
    for net, pk, standing, same_claim in facts.own[line]:
        block = facts.blocks[pk]
        if standing and not same_claim:
            text = _("与登记册里该单位的 %(network)s（%(valid)s）重叠；改成同一网段和启用日期，或错开日期")
            return Verdict(line, Outcome.REFUSED, text % {"network": block.network, "valid": period_words(block.valid)})
        if standing:
            known[net] = block
        elif same_claim:
            given_up = True
    if given_up and not known:
        return Verdict(line, Outcome.UNCHANGED, _("这份归属已认定作废，不再恢复"))
    add = [net for net in values["network"] if net not in known]
    change = {str(block.pk): found for block in known.values() if (found := _differences(block, values))}
    changes = ({"add": add} if add else {}) | ({"change": change} if change else {})
    target = next(iter(known.values())).pk if known else None
    if not changes:
        return Verdict(line, Outcome.UNCHANGED, "", None, target)
    return Verdict(line, Outcome.UPDATED if known else Outcome.CREATED, "", changes, target)


def last_day(valid: Any) -> date | None:
    """Return the last valid day, or None while it runs on."""
    return valid.upper - timedelta(days=1) if valid.upper else None


def period_words(valid: Any) -> str:
    """Return the period as people read it."""
    first = valid.lower.isoformat() if valid.lower else "…"
    last = last_day(valid)
    return f"{first}—{last.isoformat() if last else _('至今')}"


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _differences(block: AddressBlock, values: dict[str, Any]) -> dict[str, Any]:
    old = {
        "valid_to": _iso(last_day(block.valid)),
        "operator": block.operator,
        "reference": block.reference,
    }
    return {name: [old[name], values[name]] for name in old if name in values and values[name] != old[name]}


def _block(run: ImportRun, net: str, values: dict[str, Any], unit_id: int) -> AddressBlock:
    first = date.fromisoformat(values["valid_from"]) if "valid_from" in values else None
    ports = (values["nat_port_from"], values["nat_port_to"] + 1) if "nat_port_from" in values else None
    return AddressBlock(
        network=ip_network(net),
        unit_id=unit_id,
        valid=DateRange(first, _beyond(values.get("valid_to", "")), "[)"),
        nat_ports=NumericRange(*ports, "[)") if ports else None,
        operator=values.get("operator", ""),
        reference=values.get("reference", ""),
        state=ClaimState.STANDING,
        import_run=run,
    )


def _beyond(last: str) -> date | None:
    return date.fromisoformat(last) + timedelta(days=1) if last else None


def _change(pk: int, changes: dict[str, Any], line: int = 0) -> None:
    block = AddressBlock.objects.select_for_update().get(pk=pk)
    pairs = {name: pair for name, pair in changes.items() if name != "valid_to"}
    if "valid_to" in changes:
        first = block.valid.lower
        pairs["valid"] = [DateRange(first, _beyond(text), "[)") for text in changes["valid_to"]]
    # ``restore`` sets the first of a pair where the second still stands: here the new values over the old.
    fields = restore(block, line, {name: pair[::-1] for name, pair in pairs.items()})
    block.save(update_fields=fields)


register_kind(AddressBlocksKind())
