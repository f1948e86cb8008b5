"""People of units as a list, with the standing that decides which sanctions are lawful."""

from datetime import date, datetime
from typing import Any

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.accounts.models import User
from casework.core.crypto import blind_index
from casework.imports.cells import masked, unseal
from casework.imports.enums import Outcome
from casework.imports.models import ImportRun
from casework.imports.registry import Column, Context, Verdict, register_kind
from casework.imports.rules import (
    one_of,
    parse_date,
    parse_resident_id,
    parse_unit_code,
    parse_yes_no,
    text_up_to,
)
from casework.imports.selectors import read_rows, rows_with
from casework.imports.services.staging import store_verdicts
from units.enums import Employment
from units.models import Person, Unit
from units.rules.names import name_key
from units.services.imports_undo import remove, restore
from units.services.imports_units import LOOK_UP, units_by_code

#: Where identity numbers are indexed; part of the key of the index.
ID_PLACE = "units_person.id_number"
_EMPLOYMENT_WORDS = {
    "事业编": "institution_staff", "事业编制": "institution_staff", "事业人员": "institution_staff", "编内": "institution_staff",
    "事业管理人员": "institution_manager", "国企管理人员": "soe_manager", "合同": "contract", "合同工": "contract",
    "编外": "contract", "临聘": "temporary", "临时工": "temporary", "临时": "temporary", "派遣": "dispatched",
    "劳务派遣人员": "dispatched", "行政编制": "civil_servant",
}  # fmt: skip
#: Columns of the file → fields of the person.
_FIELDS = {
    "name": "name", "post": "post", "rank": "rank", "employment": "employment", "party_member": "party_member",
    "public_official": "public_official", "leading_cadre": "leading_cadre", "from": "from_on", "to": "until",
}  # fmt: skip


class PeopleKind:
    """人员."""

    name = "people"
    label = gettext_lazy("人员")
    act = "register.import"
    in_compartment = False
    columns = (
        Column("unit_code", "单位代码", parse_unit_code, True, "12330000470009999E", ("统一社会信用代码", "所在单位代码")),
        Column("name", "姓名", text_up_to(80), True, "丁某某"),
        Column("id_number", "身份证号", parse_resident_id, False, "", ("身份证号码", "公民身份号码", "证件号码"), personal=True),
        Column("post", "职务", text_up_to(120), False, "机房管理员", ("岗位", "职务岗位")),
        Column("rank", "职级", text_up_to(80)),
        Column(
            "employment", "用工形式", one_of(Employment.choices, _EMPLOYMENT_WORDS), False, "dispatched / 劳务派遣",
            ("用工性质", "编制", "人员类别"),
        ),
        Column("party_member", "是否党员", parse_yes_no, False, "是 / 否", ("党员", "政治面貌")),
        Column("public_official", "是否公职人员", parse_yes_no, False, "是 / 否", ("公职人员",)),
        Column("leading_cadre", "是否领导干部", parse_yes_no, False, "是 / 否", ("领导干部",)),
        Column("from", "任职起", parse_date, False, "2019-03-01", ("起", "入职日期", "起始日期", "from_on")),
        Column("to", "任职止", parse_date, False, "", ("止", "离职日期", "截止日期", "until")),
    )  # fmt: skip

    def check(self, values: dict[str, Any], context: Context) -> str:
        """The days must be in order."""
        if values.get("from") and values.get("to") and values["to"] < values["from"]:
            return _("“任职止”的“%(last)s”早于“任职起”的“%(first)s”；核对两个日期") % {
                "last": values["to"],
                "first": values["from"],
            }
        return ""

    def classify(self, run: ImportRun, *, at: datetime) -> dict[str, Any]:
        """Compare with the register: by identity number, and by name where one side has no number."""
        rows = list(read_rows(run))
        units = units_by_code({values["unit_code"] for _line, values in rows})
        present = _People({unit.pk for unit in units.values()})
        seen: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        store_verdicts(run, [_judge(line, values, units, present, seen) for line, values in rows])
        return {}

    def apply(self, run: ImportRun, *, actor: User | None, at: datetime) -> dict[str, Any]:
        """Create new people, change known ones."""
        created = list(rows_with(run, Outcome.CREATED))
        units = units_by_code({row.data["unit_code"] for row in created})
        people = Person.objects.bulk_create(
            [Person(unit=units[row.data["unit_code"]], import_run=run, **_fields(row.data)) for row in created],
            batch_size=1000,
        )
        store_verdicts(
            run,
            [
                Verdict(row.line, Outcome.CREATED, row.message, None, person.pk)
                for row, person in zip(created, people, strict=True)
            ],
        )
        for row in rows_with(run, Outcome.UPDATED):
            person = Person.locked(row.target)
            new = _fields(row.data)
            names = [_FIELDS.get(name, name) for name in row.changes or {}]
            names += ["id_index"] if "id_number" in names else []
            names += ["name_key"] if "name" in names else []
            for field in names:
                setattr(person, field, new[field])
            person.bump(*names)
        return {}

    def undo(self, run: ImportRun, *, actor: User | None, at: datetime) -> None:
        """Give changed people their old values back, then remove the new ones."""
        for row in rows_with(run, Outcome.UPDATED):
            person = Person.locked(row.target)
            changes = {_FIELDS[name]: pair for name, pair in (row.changes or {}).items() if name in _FIELDS}
            for field in ("from_on", "until"):
                if field in changes:
                    changes[field] = [date.fromisoformat(text) if text else None for text in changes[field]]
            fields = restore(person, row.line, changes)
            if "id_number" in (row.changes or {}):
                person.id_number, person.id_index = "", ""
                fields += ["id_number", "id_index"]
            if "name" in fields:
                person.name_key = name_key(person.name, person=True)
                fields.append("name_key")
            person.bump(*fields)
        created = Person.objects.filter(pk__in=[row.target for row in rows_with(run, Outcome.CREATED)])
        remove(created, actor=actor, at=at, id_index=Concat(Value("~"), Cast("pk", CharField())))


def id_index(number: str) -> str:
    """Return the key by which an identity number is found; "" for none."""
    return blind_index(number, ID_PLACE) if number else ""


def _fields(values: dict[str, Any]) -> dict[str, Any]:
    found = {field: values[name] for name, field in _FIELDS.items() if name in values}
    for field in ("from_on", "until"):
        if field in found:
            found[field] = date.fromisoformat(found[field])
    number = unseal(values.get("id_number", ""))
    return found | {
        "id_number": number,
        "id_index": id_index(number),
        "name_key": name_key(values["name"], person=True),
    }


class _People:
    """The people of some units, found by number or by name."""

    def __init__(self, units: set[int]) -> None:
        self.by_id: dict[tuple[int, str], Person] = {}
        self.by_name: dict[tuple[int, str], list[Person]] = {}
        ids = sorted(units)
        for start in range(0, len(ids), LOOK_UP):
            for person in Person.objects.filter(unit__in=ids[start : start + LOOK_UP]):
                if person.id_index:
                    self.by_id[person.unit_id, person.id_index] = person
                self.by_name.setdefault((person.unit_id, person.name), []).append(person)

    def find(self, unit: Unit, name: str, index: str) -> Person | None:
        """Return the person of the row. A number decides; a name alone only where it is the only one."""
        if index and (unit.pk, index) in self.by_id:
            return self.by_id[unit.pk, index]
        named = self.by_name.get((unit.pk, name), [])
        if index:
            named = [person for person in named if not person.id_index]
        return named[0] if len(named) == 1 else None


def _judge(
    line: int,
    values: dict[str, Any],
    units: dict[str, Unit],
    present: _People,
    seen: dict[tuple[str, str], tuple[int, dict[str, Any]]],
) -> Verdict:
    unit = units.get(values["unit_code"])
    if unit is None:
        text = _("“单位代码”的“%(code)s”不在登记册里；先导入该单位，或改正代码") % {"code": values["unit_code"]}
        return Verdict(line, Outcome.REFUSED, text)
    number = unseal(values.get("id_number", ""))
    plain = values | ({"id_number": number} if number else {})
    first, earlier = seen.setdefault((unit.code, number or values["name"]), (line, plain))
    if first != line:
        same = earlier == plain
        text = (
            _("与第 %(line)d 行相同") if same else _("与第 %(line)d 行是同一个人，内容不同；只留一行，或补上身份证号")
        )
        return Verdict(line, Outcome.UNCHANGED if same else Outcome.REFUSED, text % {"line": first})
    person = present.find(unit, values["name"], id_index(number))
    if person is None:
        if not number and len(present.by_name.get((unit.pk, values["name"]), [])) > 1:
            return Verdict(line, Outcome.REFUSED, _("该单位有几个同名的人；补上身份证号"))
        return Verdict(line, Outcome.CREATED)
    changes = _differences(person, values, number)
    return Verdict(line, Outcome.UPDATED if changes else Outcome.UNCHANGED, "", changes or None, person.pk)


def _differences(person: Person, values: dict[str, Any], number: str) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name, field in _FIELDS.items():
        old = getattr(person, field)
        old = old.isoformat() if isinstance(old, date) else old
        if name in values and values[name] != old:
            changes[name] = [old, values[name]]
    if number and not person.id_index:
        changes["id_number"] = ["", masked(number)]
    return changes


register_kind(PeopleKind())
