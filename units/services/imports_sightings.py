"""A monitoring list: what one sensor saw in one sampling. Rows are compared, matched and written set by set."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.access.enums import CompartmentKind
from casework.access.models import Compartment, Grant
from casework.accounts.enums import Role
from casework.accounts.models import User
from casework.core.errors import Missing, NotReady
from casework.imports.models import ImportRun
from casework.imports.registry import Column, Context, register_kind
from casework.imports.rules import SHANGHAI, fold, parse_address, parse_moment, parse_port, text_up_to
from casework.ledger.record import record
from units.models import Candidate, ListedAddress, MonitorList, Sighting
from units.selectors.holders import HOLDERS, REGISTERED, STATE
from units.services.matching import count_states, keep_candidates

#: The rows of the file as columns; of rows that say the same the first counts.
_STAGE = """
create temp table seen on commit drop as
select c.*, min(line) over (partition by sensor, observed_at, ip, port, remote_host, remote_port) as first_line,
       null::bigint as stored
from (
    select r.line, coalesce(r.data->>'sensor', '') as sensor, (r.data->>'observed_at')::timestamptz as observed_at,
           (r.data->>'ip')::inet as ip, (r.data->>'port')::int as port,
           coalesce(r.data->>'remote_host', '') as remote_host, (r.data->>'remote_port')::int as remote_port,
           coalesce(r.data->>'protocol', '') as protocol, coalesce(r.data->>'currency', '') as currency,
           coalesce(r.data->>'reference', '') as reference
    from imports_importrow r
    where r.run_id = %s and r.data is not null
) c
"""
_STORED = """
update seen s set stored = t.id
from units_sighting t
where t.sensor = s.sensor and t.observed_at = s.observed_at and t.ip = s.ip and t.remote_host = s.remote_host
  and t.port is not distinct from s.port and t.remote_port is not distinct from s.remote_port
"""
_OUTCOMES = """
update imports_importrow r
set outcome = case when s.stored is null and s.first_line = s.line then 'created' else 'unchanged' end,
    message = case when s.first_line < s.line then format(%s, s.first_line) else '' end,
    target = s.stored
from seen s
where r.run_id = %s and r.line = s.line
  and (s.stored is not null or s.first_line < s.line or r.outcome <> 'created')
"""
#: Without a stated time: the latest moment in the file, or of the list that some of its rows already stand in.
_SAMPLED = """
select greatest(max(s.observed_at), max(l.sampled_at))
from seen s
left join units_sighting t on t.id = s.stored
left join units_monitorlist l on l.id = t.monitor_list_id
"""
#: Every address of the file against the earlier lists of its sensor. %s: the run, its sampling time.
_CHANGES = """
with earlier as (
    select l.id, l.sensor, row_number() over (partition by l.sensor order by l.sampled_at desc, l.id desc) as back
    from units_monitorlist l
    where l.import_run_id <> %s and l.sampled_at <= %s
), known as (
    select e.sensor, a.ip, min(e.back) as back
    from earlier e join units_listedaddress a on a.monitor_list_id = e.id
    where e.sensor in (select sensor from seen)
    group by e.sensor, a.ip
), now as (select distinct sensor, ip from seen)
select coalesce(now.sensor, known.sensor) as sensor, coalesce(now.ip, known.ip) as ip,
       case when now.ip is null then 'cleared'
            when known.ip is null then 'new'
            when known.back = 1 then 'persisting'
            else 'relapsed' end as status
from now full join known on known.sensor = now.sensor and known.ip = now.ip
where now.ip is not null or known.back = 1
"""
#: Whose each new row is, asked once and kept until the end of the transaction. Blocks are for ``_WRITE`` alone.
_HELD = f"""
create temp table held on commit drop as
select q.*, {STATE} as state, case when holder.units = 1 then holder.unit_id end as unit_id,
       case when holder.units = 1 then holder.blocks[1] end as block_id, registered.id as registration_id
from (
    select *, (observed_at at time zone 'Asia/Shanghai')::date as day
    from seen
    where stored is null and first_line = line
    order by ip, observed_at
) q {HOLDERS} {REGISTERED}
"""  # noqa: S608  only constants of the house are put in
_MATCHING = "select state, count(*), count(distinct unit_id) from held group by 1"
_LISTED = f"""
insert into units_listedaddress (monitor_list_id, ip, status)
select l.id, c.ip, c.status
from ({_CHANGES}) c join units_monitorlist l on l.import_run_id = %s and l.sensor = c.sensor
where c.status <> 'cleared'
"""  # noqa: S608  only constants of the house are put in
_WRITE = """
insert into units_sighting (monitor_list_id, compartment_id, sensor, observed_at, ip, port, remote_host, remote_port,
    protocol, currency, reference, match_state, unit_id, block_id, registration_id)
select l.id, l.compartment_id, h.sensor, h.observed_at, h.ip, h.port, h.remote_host, h.remote_port,
       h.protocol, h.currency, h.reference, h.state, h.unit_id, h.block_id, h.registration_id
from held h
join units_monitorlist l on l.import_run_id = %s and l.sensor = h.sensor
"""


def parse_currency(text: str) -> str:
    """Return the currency: Latin codes in capitals, Chinese names as written."""
    value = fold(text)
    return value.upper()[:40] if value.isascii() else value[:40]


class SightingsKind:
    """监测清单."""

    name = "sightings"
    label = gettext_lazy("监测清单")
    act = "sightings.import"
    in_compartment = True
    columns = (
        Column("observed_at", "监测时间", parse_moment, True, "2021-07-29 23:41:05", ("时间", "发现时间", "采集时间")),
        Column("ip", "IP地址", parse_address, True, "198.51.100.37", ("地址", "源地址", "源IP", "本地地址")),
        Column("port", "端口", parse_port, False, "51820", ("源端口", "本地端口")),
        Column(
            "remote_host",
            "远端主机",
            text_up_to(255),
            False,
            "203.0.113.24",
            ("矿池", "目的地址", "目的IP", "矿池地址"),
        ),
        Column("remote_port", "远端端口", parse_port, False, "3333", ("目的端口", "矿池端口")),
        Column("protocol", "协议", text_up_to(40), False, "stratum+tcp"),
        Column("currency", "币种", parse_currency, False, "ETH"),
        Column("sensor", "监测点", text_up_to(120), False, "省级出口一", ("探针", "传感器")),
        Column("reference", "来源", text_up_to(200), False, "", ("编号", "备注")),
    )

    def check(self, values: dict[str, Any], context: Context) -> str:
        """Nothing can have been seen after now."""
        if values["observed_at"][:19] > context.now:
            at = datetime.fromisoformat(values["observed_at"]).astimezone(SHANGHAI)
            return _("“监测时间”的“%(at)s”在将来；核对年份和时区") % {"at": f"{at:%Y-%m-%d %H:%M}"}
        return ""

    def classify(self, run: ImportRun, *, at: datetime) -> dict[str, Any]:
        """Find what is there already; count the change against the last list, and whose the new ones are."""
        with connection.cursor() as cursor:
            cursor.execute("drop table if exists pg_temp.seen, pg_temp.held")
            cursor.execute(_STAGE, [run.pk])
            cursor.execute("analyze pg_temp.seen")
            cursor.execute(_STORED)
            cursor.execute(_OUTCOMES, [_("与第 %s 行相同"), run.pk])
            if run.sampled_at is None:
                cursor.execute(_SAMPLED)
                (run.sampled_at,) = cursor.fetchone()
            cursor.execute(f"select status, count(*) from ({_CHANGES}) c group by 1", [run.pk, run.sampled_at])  # noqa: S608
            delta = dict.fromkeys(("new", "persisting", "cleared", "relapsed"), 0) | dict(cursor.fetchall())
            cursor.execute(_HELD)
            cursor.execute(_MATCHING)
            matching = dict.fromkeys(("matched", "ambiguous", "unmatched", "units"), 0)
            for state, count, units in cursor.fetchall():
                matching[state] = count
                matching["units"] += units
        return {"delta": delta, "matching": matching}

    def apply(self, run: ImportRun, *, actor: User | None, at: datetime) -> dict[str, Any]:
        """Write one list for each sensor with its addresses and sightings, matched as ``classify`` found."""
        if run.compartment is None:
            run.compartment = default_compartment(at)
            run.save(update_fields=["compartment"])
        with connection.cursor() as cursor:
            cursor.execute("select distinct sensor from held order by 1")
            lists = MonitorList.objects.bulk_create(
                MonitorList(sensor=sensor, sampled_at=run.sampled_at or at, compartment=run.compartment, import_run=run)
                for (sensor,) in cursor.fetchall()
            )
            cursor.execute(_LISTED, [run.pk, run.sampled_at, run.pk])
            cursor.execute(_WRITE, [run.pk])
        ids = [one.pk for one in lists]
        keep_candidates(ids)
        return {"lists": ids, "matching": count_states(ids)}

    def undo(self, run: ImportRun, *, actor: User | None, at: datetime) -> None:
        """Remove the list unless a lead rests on one of its sightings, or a later list counts against it."""
        lists = MonitorList.objects.filter(import_run=run)
        sightings = Sighting.objects.filter(monitor_list__in=lists)
        missing = []
        led = sightings.filter(lead__isnull=False)
        if led.exists():
            numbers = "、".join(led.values_list("lead__number", flat=True).distinct().order_by("lead__number")[:5])
            missing.append(Missing(_("已归并成线索：%(numbers)s") % {"numbers": numbers}))
        for one in lists:
            later = MonitorList.objects.filter(sensor=one.sensor, sampled_at__gte=one.sampled_at, pk__gt=one.pk).first()
            if later is not None:
                missing.append(Missing(_("后来的清单已同它比对：%(list)s") % {"list": later.import_run.file_name}))
        if missing:
            raise NotReady(_("不能撤销：因为已有内容依据这份清单。可以先处理下面各项，或逐条改正。"), missing)
        Candidate.objects.filter(sighting__in=sightings).delete()
        ListedAddress.objects.filter(monitor_list__in=lists).delete()
        sightings._raw_delete(sightings.db)
        lists.delete()


def default_compartment(at: datetime) -> Compartment:
    """Return the compartment of lists for which none was named: the campaign and intake officers of the day."""
    found = Compartment.objects.filter(kind=CompartmentKind.MONITORING, closed_at__isnull=True).order_by("pk").first()
    if found is not None:
        return found
    made = Compartment.objects.create(kind=CompartmentKind.MONITORING, name=_("监测清单"), created_at=at)
    day = at.date()
    keepers = [
        user
        for user in User.objects.filter(is_active=True).order_by("pk")
        if not user.roles_on(day).isdisjoint({Role.CAMPAIGN_OFFICER, Role.INTAKE})
    ]
    Grant.objects.bulk_create(Grant(compartment=made, user=user, from_on=day) for user in keepers)
    record(
        "compartment.opened",
        ref=f"compartment:{made.pk}",
        actor=None,
        at=at,
        data={"kind": made.kind, "secrecy": made.secrecy, "members": [user.pk for user in keepers]},
    )
    return made


register_kind(SightingsKind())
