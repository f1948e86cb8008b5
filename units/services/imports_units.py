"""The register of units as a list: new units, renamed ones, new leaders."""

import re
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.accounts.models import User
from casework.imports.enums import Outcome
from casework.imports.models import ImportRun
from casework.imports.registry import Column, Context, Verdict, register_kind
from casework.imports.rules import BadCell, fold, one_of, parse_email, parse_unit_code, text_up_to
from casework.imports.selectors import read_rows, rows_with
from casework.imports.services.staging import store_verdicts
from units.enums import UnitKind
from units.models import Region, Unit, UnitLeader, UnitName, UnitPlace
from units.rules.names import name_key
from units.rules.regions import is_region_code, region_name
from units.services.imports_undo import remove, restore

LOOK_UP = 5000
_LEADER = ("leader_name", "leader_post", "leader_email", "leader_mobile")
_KIND_WORDS = {
    "党政机关": "government", "行政机关": "government", "政府": "government", "机关": "government", "党委": "party_organ",
    "中小学": "school", "中学": "school", "小学": "school", "大学": "university", "高等学校": "university", "卫生": "hospital",
    "国企": "soe", "企业": "other", "民营企业": "other", "其他": "other", "其它": "other", "个人": "other",
}  # fmt: skip


def parse_region(text: str) -> str:
    """Return a GB/T 2260 code."""
    value = fold(text)
    if not is_region_code(value):
        raise BadCell(_("不是行政区划代码；应为 GB/T 2260 的六位数字，例如 330604"))
    return value


def parse_mobile(text: str) -> str:
    """Return a telephone number: digits, with an optional plus in front."""
    value = re.sub(r"[\s()-]", "", fold(text))
    if not re.fullmatch(r"\+?\d{7,15}", value):
        raise BadCell(_("不是电话号码；只填数字"))
    return value


class UnitsKind:
    """单位."""

    name = "units"
    label = gettext_lazy("单位")
    act = "register.import"
    in_compartment = False
    columns = (
        Column(
            "code", "统一社会信用代码", parse_unit_code, True, "12330000470009999E", ("单位代码", "信用代码", "代码")
        ),
        Column("name", "单位名称", text_up_to(200), True, "绍兴市上虞区职业教育中心", ("名称", "单位")),
        Column("kind", "单位类别", one_of(UnitKind.choices, _KIND_WORDS), True, "school / 学校", ("类别", "单位性质")),
        Column("region", "行政区划代码", parse_region, True, "330604", ("地区代码", "区划代码", "行政区划", "地区")),
        Column("parent_code", "上级单位代码", parse_unit_code, False, "", ("上级代码", "上级单位")),
        Column("supervisor_code", "主管单位代码", parse_unit_code, False, "", ("主管部门代码", "主管代码", "主管单位")),
        Column("leader_name", "负责人", text_up_to(80), False, "", ("负责人姓名", "单位负责人")),
        Column("leader_post", "负责人职务", text_up_to(120), False, "主任", ()),
        Column("leader_email", "负责人邮箱", parse_email, False, "", ("电子邮箱", "邮箱", "负责人电子邮箱")),
        Column("leader_mobile", "负责人手机", parse_mobile, False, "", ("手机", "联系电话", "负责人电话")),
    )

    def check(self, values: dict[str, Any], context: Context) -> str:
        """A unit is not its own superior, and a leader has a name."""
        for column, words in (("parent_code", _("上级单位代码")), ("supervisor_code", _("主管单位代码"))):
            if values.get(column) == values["code"]:
                return _("“%(column)s”就是本单位；改成上级的代码，没有上级则留空") % {"column": words}
        if not values.get("leader_name") and any(values.get(name) for name in _LEADER):
            return _("“负责人”是空的，却填了职务或联系方式；补上姓名")
        return ""

    def classify(self, run: ImportRun, *, at: datetime) -> dict[str, Any]:
        """Compare with the register; superiors may stand in the register or in the file itself."""
        rows = list(read_rows(run))
        present = units_by_code({values["code"] for _line, values in rows})
        leaders = current_leaders(present.values(), timezone.localdate(at))
        superiors = units_by_code({values[name] for _line, values in rows for name in _ABOVE if values.get(name)})
        verdicts = _judge(rows, present, leaders)
        _refuse_orphans(rows, verdicts, superiors)
        _refuse_circles(rows, verdicts)
        store_verdicts(run, verdicts.values())
        return {}

    def apply(self, run: ImportRun, *, actor: User | None, at: datetime) -> dict[str, Any]:
        """Create first, then tie to superiors, then change what is already there."""
        today = timezone.localdate(at)
        created = list(rows_with(run, Outcome.CREATED))
        ensure_regions({row.data["region"] for row in rows_with(run, Outcome.CREATED, Outcome.UPDATED)})
        units = Unit.objects.bulk_create(
            [
                Unit(
                    code=row.data["code"],
                    name=row.data["name"],
                    name_key=name_key(row.data["name"]),
                    kind=row.data["kind"],
                    region_id=row.data["region"],
                    import_run=run,
                )
                for row in created
            ],
            batch_size=1000,
        )
        by_code = units_by_code(
            {
                row.data[name]
                for row in rows_with(run, Outcome.CREATED, Outcome.UPDATED)
                for name in _ABOVE
                if row.data.get(name)
            }
        )
        for row, unit in zip(created, units, strict=True):
            unit.parent, unit.supervisor = (by_code.get(row.data.get(name, "")) for name in _ABOVE)
        Unit.objects.bulk_update([one for one in units if one.parent or one.supervisor], ["parent", "supervisor"], 1000)
        UnitLeader.objects.bulk_create(
            UnitLeader(unit=unit, **_leader_fields(row.data))
            for row, unit in zip(created, units, strict=True)
            if row.data.get("leader_name")
        )
        store_verdicts(
            run,
            [
                Verdict(row.line, Outcome.CREATED, row.message, None, unit.pk)
                for row, unit in zip(created, units, strict=True)
            ],
        )
        for row in rows_with(run, Outcome.UPDATED):
            _update(row.target or 0, row.data, row.changes or {}, by_code, today)
        return {}

    def undo(self, run: ImportRun, *, actor: User | None, at: datetime) -> None:
        """Give changed units their old values back, then remove the new ones."""
        today = timezone.localdate(at)
        for row in rows_with(run, Outcome.UPDATED):
            _restore(row.target or 0, row.line, row.changes or {}, timezone.localdate(run.applied_at), today)
        created = Unit.objects.filter(pk__in=[row.target for row in rows_with(run, Outcome.CREATED)])
        created.update(parent=None, supervisor=None)
        leaders = UnitLeader.objects.filter(unit__in=created, user__isnull=True)
        remove(created, actor=actor, at=at, goes=leaders, code=Concat(Value("~"), Cast("pk", CharField())))


_ABOVE = ("parent_code", "supervisor_code")


def units_by_code(codes: set[str]) -> dict[str, Unit]:
    """Return the units with those codes."""
    wanted, found = sorted(codes), {}
    for start in range(0, len(wanted), LOOK_UP):
        some = Unit.objects.filter(code__in=wanted[start : start + LOOK_UP]).select_related("parent", "supervisor")
        found.update({unit.code: unit for unit in some})
    return found


def current_leaders(units: Any, day: date) -> dict[int, UnitLeader]:
    """Return unit id → who answers for it on that day."""
    ids = [unit.pk for unit in units]
    found = UnitLeader.objects.filter(Q(until__isnull=True) | Q(until__gte=day), unit__in=ids)
    return {leader.unit_id: leader for leader in found.filter(Q(from_on__isnull=True) | Q(from_on__lte=day))}


def ensure_regions(codes: set[str]) -> None:
    """Make a row for every division that has none yet."""
    Region.objects.bulk_create(
        [Region(code=code, name=region_name(code)) for code in sorted(codes)], ignore_conflicts=True
    )


def _judge(
    rows: list[tuple[int, dict[str, Any]]], present: dict[str, Unit], leaders: dict[int, UnitLeader]
) -> dict[int, Verdict]:
    verdicts: dict[int, Verdict] = {}
    first: dict[str, tuple[int, dict[str, Any]]] = {}
    for line, values in rows:
        at, earlier = first.setdefault(values["code"], (line, values))
        if at != line:
            same = earlier == values
            text = _("与第 %(line)d 行相同") if same else _("与第 %(line)d 行是同一代码，内容不同；只留一行")
            outcome = Outcome.UNCHANGED if same else Outcome.REFUSED
            verdicts[line] = Verdict(line, outcome, text % {"line": at})
            continue
        unit = present.get(values["code"])
        if unit is None:
            verdicts[line] = Verdict(line, Outcome.CREATED)
            continue
        changes = _differences(unit, leaders.get(unit.pk), values)
        verdicts[line] = Verdict(line, Outcome.UPDATED if changes else Outcome.UNCHANGED, "", changes or None, unit.pk)
    return verdicts


def _differences(unit: Unit, leader: UnitLeader | None, values: dict[str, Any]) -> dict[str, Any]:
    """Return field → [old, new]; an empty cell leaves the field as it is."""
    old = {
        "name": unit.name,
        "kind": unit.kind,
        "region": unit.region_id,
        "parent_code": unit.parent.code if unit.parent else "",
        "supervisor_code": unit.supervisor.code if unit.supervisor else "",
        "leader_name": leader.name if leader else "",
        "leader_post": leader.post if leader else "",
        "leader_email": leader.email if leader else "",
        "leader_mobile": leader.mobile if leader else "",
    }
    return {name: [old[name], values[name]] for name in old if name in values and values[name] != old[name]}


def _refuse_orphans(
    rows: list[tuple[int, dict[str, Any]]], verdicts: dict[int, Verdict], superiors: dict[str, Unit]
) -> None:
    """Refuse rows whose superior is nowhere; refusing one may orphan the next, so repeat until nothing changes."""
    words = {"parent_code": _("上级单位代码"), "supervisor_code": _("主管单位代码")}
    while True:
        coming = {values["code"] for line, values in rows if verdicts[line].outcome == Outcome.CREATED}
        orphans = [
            (line, name, values[name])
            for line, values in rows
            for name in _ABOVE
            if verdicts[line].outcome != Outcome.REFUSED
            and values.get(name)
            and values[name] not in coming
            and values[name] not in superiors
        ]
        if not orphans:
            return
        for line, name, code in orphans:
            text = _("“%(column)s”的“%(code)s”在登记册和本文件里都没有；先导入该单位，或改正代码")
            verdicts[line] = Verdict(line, Outcome.REFUSED, text % {"column": words[name], "code": code})


def _refuse_circles(rows: list[tuple[int, dict[str, Any]]], verdicts: dict[int, Verdict]) -> None:
    """Refuse rows that would make a unit its own superior in the end."""
    named = {
        values["code"]: values["parent_code"]
        for line, values in rows
        if values.get("parent_code") and verdicts[line].outcome in {Outcome.CREATED, Outcome.UPDATED}
    }
    stored = dict(Unit.objects.filter(parent__isnull=False).values_list("code", "parent__code")) if named else {}
    above = stored | named
    for line, values in rows:
        if values["code"] not in named or verdicts[line].outcome == Outcome.REFUSED:
            continue
        code, seen = named[values["code"]], {values["code"]}
        while code and code not in seen:
            seen.add(code)
            code = above.get(code, "")
        if code == values["code"]:
            text = _("“上级单位代码”绕了一圈又回到本单位；核对这几行的上下级")
            verdicts[line] = Verdict(line, Outcome.REFUSED, text)


def _leader_fields(values: dict[str, Any]) -> dict[str, str]:
    return {name.removeprefix("leader_"): values.get(name, "") for name in _LEADER}


def _update(pk: int, values: dict[str, Any], changes: dict[str, Any], by_code: dict[str, Unit], today: date) -> None:
    unit = Unit.locked(pk)
    fields = []
    if "name" in changes:
        UnitName.objects.get_or_create(unit=unit, until=today - timedelta(days=1), defaults={"name": unit.name})
        unit.name, unit.name_key = values["name"], name_key(values["name"])
        fields += ["name", "name_key"]
    if "kind" in changes:
        unit.kind = values["kind"]
        fields.append("kind")
    if "region" in changes:
        unit.region_id = values["region"]
        fields.append("region")
    if any(name in changes for name in _ABOVE) and (unit.parent or unit.supervisor):
        UnitPlace.objects.get_or_create(
            unit=unit,
            until=today - timedelta(days=1),
            defaults={"parent": unit.parent, "supervisor": unit.supervisor},
        )
    for name, field in zip(_ABOVE, ("parent", "supervisor"), strict=True):
        if name in changes:
            setattr(unit, field, by_code[values[name]])
            fields.append(field)
    unit.bump(*fields)
    if any(name in changes for name in _LEADER):
        _change_leader(unit, values, changes, today)


def _change_leader(unit: Unit, values: dict[str, Any], changes: dict[str, Any], today: date) -> None:
    """A new name is a new leader from today; a new telephone is the same person's."""
    leader = current_leaders([unit], today).get(unit.pk)
    if leader is not None and ("leader_name" not in changes or leader.from_on == today):
        for name in _LEADER:
            if name in changes:
                setattr(leader, name.removeprefix("leader_"), values[name])
        leader.save()
        return
    if leader is not None:
        leader.until = today - timedelta(days=1)
        leader.save(update_fields=["until"])
    UnitLeader.objects.create(unit=unit, from_on=today if leader else None, **_leader_fields(values))


def _restore(pk: int, line: int, changes: dict[str, Any], applied_on: date, today: date) -> None:
    unit = Unit.locked(pk)
    plain = {name: pair for name, pair in changes.items() if name in {"name", "kind"}}
    plain |= {"region_id": changes["region"]} if "region" in changes else {}
    for name, field in zip(_ABOVE, ("parent_id", "supervisor_id"), strict=True):
        if name in changes:
            ids = {code: found.pk for code, found in units_by_code({code for code in changes[name] if code}).items()}
            plain[field] = [ids.get(code) for code in changes[name]]
    fields = restore(unit, line, plain)
    if "name" in changes:
        unit.name_key = name_key(unit.name)
        fields.append("name_key")
        UnitName.objects.filter(unit=unit, until=applied_on - timedelta(days=1), name=unit.name).delete()
    unit.bump(*(field.removesuffix("_id") for field in fields))
    if any(name in changes for name in _ABOVE):
        UnitPlace.objects.filter(
            unit=unit, until=applied_on - timedelta(days=1), parent=unit.parent, supervisor=unit.supervisor
        ).delete()
    if any(name in changes for name in _LEADER):
        _restore_leader(unit, changes, applied_on, today)


def _restore_leader(unit: Unit, changes: dict[str, Any], applied_on: date, today: date) -> None:
    leader = current_leaders([unit], today).get(unit.pk)
    if leader is None:
        return
    before = unit.leaders.filter(until=applied_on - timedelta(days=1)).first()
    if "leader_name" in changes and leader.user_id is None and (before or not changes["leader_name"][0]):
        leader.delete()
        if before is not None:
            before.until = None
            before.save(update_fields=["until"])
        return
    for name in _LEADER:
        if name in changes:
            setattr(leader, name.removeprefix("leader_"), changes[name][0])
    leader.save()


register_kind(UnitsKind())
