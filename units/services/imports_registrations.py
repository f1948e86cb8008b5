"""Research registrations (备案) as a list."""

from datetime import date, datetime
from ipaddress import ip_network
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from casework.accounts.models import User
from casework.imports.enums import Outcome
from casework.imports.models import ImportRun
from casework.imports.registry import Column, Context, Verdict, register_kind
from casework.imports.rules import BadCell, parse_date, parse_networks, parse_unit_code, text_up_to
from casework.imports.selectors import read_rows, rows_with
from casework.imports.services.staging import store_verdicts
from units.models import Registration, Unit
from units.services.imports_undo import remove, restore
from units.services.imports_units import units_by_code

_FIELDS = ("purpose", "to", "network", "approved_by", "reference")


def parse_one_network(text: str) -> str:
    """Return one network; a range that needs several is refused."""
    parts = parse_networks(text)
    if len(parts) > 1:
        raise BadCell(
            ngettext(
                "要分成 %(count)d 个网段；每个网段一行，或改填网段",
                "要分成 %(count)d 个网段；每个网段一行，或改填网段",
                len(parts),
            )
            % {"count": len(parts)}
        )
    return parts[0]


class RegistrationsKind:
    """科研备案."""

    name = "registrations"
    label = gettext_lazy("科研备案")
    act = "register.import"
    in_compartment = False
    columns = (
        Column("unit_code", "单位代码", parse_unit_code, True, "12330000470009999E", ("统一社会信用代码",)),
        Column("device", "设备", text_up_to(200), True, "密码学实验室一号机", ("设备名称",)),
        Column("purpose", "用途", text_up_to(200), True, "共识算法研究", ("研究用途",)),
        Column("from", "起", parse_date, True, "2021-03-01", ("启用日期", "起始日期", "备案日期", "from_on")),
        Column("to", "止", parse_date, False, "2022-02-28", ("停用日期", "截止日期", "until")),
        Column("network", "网段", parse_one_network, False, "198.51.100.0/28", ("IP地址",)),
        Column("approved_by", "批准人", text_up_to(80), False, "", ("审批人",)),
        Column("reference", "备案号", text_up_to(120), False, "", ("依据", "文号", "来源")),
    )

    def check(self, values: dict[str, Any], context: Context) -> str:
        """The days must be in order."""
        if values.get("to", "9") < values["from"]:
            return _("“止”的“%(last)s”早于“起”的“%(first)s”；核对两个日期") % {
                "last": values["to"],
                "first": values["from"],
            }
        return ""

    def classify(self, run: ImportRun, *, at: datetime) -> dict[str, Any]:
        """Compare with the register by unit, device and first day."""
        rows = list(read_rows(run))
        units = units_by_code({values["unit_code"] for _line, values in rows})
        present = {
            (one.unit_id, one.device, one.from_on.isoformat()): one
            for one in Registration.objects.filter(unit__in=[unit.pk for unit in units.values()])
        }
        seen: dict[tuple[str, ...], tuple[int, dict[str, Any]]] = {}
        store_verdicts(run, [_judge(line, values, units, present, seen) for line, values in rows])
        return {}

    def apply(self, run: ImportRun, *, actor: User | None, at: datetime) -> dict[str, Any]:
        """Create new registrations, change known ones."""
        created = list(rows_with(run, Outcome.CREATED))
        units = units_by_code({row.data["unit_code"] for row in created})
        made = Registration.objects.bulk_create(
            Registration(
                unit=units[row.data["unit_code"]],
                device=row.data["device"],
                from_on=date.fromisoformat(row.data["from"]),
                import_run=run,
                **{_field(name): _value(name, row.data.get(name)) for name in _FIELDS},
            )
            for row in created
        )
        store_verdicts(
            run,
            [
                Verdict(row.line, Outcome.CREATED, row.message, None, one.pk)
                for row, one in zip(created, made, strict=True)
            ],
        )
        for row in rows_with(run, Outcome.UPDATED):
            _change(row.target or 0, row.line, row.changes or {})
        return {}

    def undo(self, run: ImportRun, *, actor: User | None, at: datetime) -> None:
        """Give changed registrations their old values back, then remove the new ones."""
        for row in rows_with(run, Outcome.UPDATED):
            _change(row.target or 0, row.line, {name: pair[::-1] for name, pair in (row.changes or {}).items()})
        created = Registration.objects.filter(pk__in=[row.target for row in rows_with(run, Outcome.CREATED)])
        remove(created, actor=actor, at=at)


def _judge(
    line: int,
    values: dict[str, Any],
    units: dict[str, Unit],
    present: dict[tuple[int, str, str], Registration],
    seen: dict[tuple[str, ...], tuple[int, dict[str, Any]]],
) -> Verdict:
    unit = units.get(values["unit_code"])
    if unit is None:
        text = _("“单位代码”的“%(code)s”不在登记册里；先导入该单位，或改正代码") % {"code": values["unit_code"]}
        return Verdict(line, Outcome.REFUSED, text)
    first, earlier = seen.setdefault((unit.code, values["device"], values["from"]), (line, values))
    if first != line:
        same = earlier == values
        text = _("与第 %(line)d 行相同") if same else _("与第 %(line)d 行是同一项备案，内容不同；只留一行")
        return Verdict(line, Outcome.UNCHANGED if same else Outcome.REFUSED, text % {"line": first})
    stored = present.get((unit.pk, values["device"], values["from"]))
    if stored is None:
        return Verdict(line, Outcome.CREATED)
    changes = {}
    for name in _FIELDS:
        old = getattr(stored, _field(name))
        if name in values and _value(name, values[name]) != old:
            changes[name] = [str(old) if old else "", values[name]]
    return Verdict(line, Outcome.UPDATED if changes else Outcome.UNCHANGED, "", changes or None, stored.pk)


def _field(name: str) -> str:
    return "until" if name == "to" else name


def _value(name: str, text: str | None) -> Any:
    if name == "to":
        return date.fromisoformat(text) if text else None
    if name == "network":
        return ip_network(text) if text else None
    return text or ""


def _change(pk: int, line: int, changes: dict[str, Any]) -> None:
    stored = Registration.objects.select_for_update().get(pk=pk)
    pairs = {_field(name): [_value(name, new), _value(name, old)] for name, (old, new) in changes.items()}
    stored.save(update_fields=restore(stored, line, pairs))


register_kind(RegistrationsKind())
