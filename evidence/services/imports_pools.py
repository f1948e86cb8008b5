"""Places of pools as a list."""

from datetime import date, datetime
from ipaddress import ip_address
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.accounts.models import User
from casework.imports.enums import Outcome
from casework.imports.models import ImportRun
from casework.imports.registry import Column, Context, Verdict, register_kind
from casework.imports.rules import BadCell, fold, parse_date, parse_port, text_up_to
from casework.imports.selectors import read_rows, rows_with
from casework.imports.services.staging import store_verdicts
from evidence.attribution_enums import PoolPlaceKind
from evidence.models import PoolPlace

_FIELDS = ("coin", "to", "source", "note")
_LABEL = set("abcdefghijklmnopqrstuvwxyz0123456789-_")
Key = tuple[str, str, int | None, str]


def parse_place(text: str) -> str:
    """Return a domain in lower case or an address; a scheme, a path and a port do not belong here."""
    value = fold(text).strip().lower().rstrip(".")
    try:
        return str(ip_address(value))
    except ValueError:
        labels = value.split(".")
    if len(labels) < 2 or len(value) > 253 or not all(label and set(label) <= _LABEL for label in labels):
        raise BadCell(_("不是域名也不是地址；只写域名或 IP，例如 pool.example.com，端口写在“端口”列"))
    return value


class PoolsKind:
    """矿池目录."""

    name = "pools"
    label = gettext_lazy("矿池目录")
    act = "evidence.import_pools"
    in_compartment = False
    columns = (
        Column("pool", "矿池", text_up_to(120), True, "F2Pool", ("矿池名称",)),
        Column("coin", "币种", text_up_to(40), False, "ETH"),
        Column("place", "域名或地址", parse_place, True, "f2pool.com", ("域名", "地址", "domain", "address")),
        Column("port", "端口", parse_port, False, "8008"),
        Column("from", "启用日期", parse_date, False, "2018-01-01", ("起", "valid_from")),
        Column("to", "停用日期", parse_date, False, "2021-09-30", ("止", "valid_to")),
        Column("source", "来源", text_up_to(300), True, "国家互联网应急中心通报〔2021〕3号", ("依据",)),
        Column("note", "说明", text_up_to(200), False, "", ("备注",)),
    )

    def check(self, values: dict[str, Any], context: Context) -> str:
        """The days must be in order."""
        if values.get("to") and values.get("from") and values["to"] < values["from"]:
            return _("“停用日期”的“%(last)s”早于“启用日期”的“%(first)s”；核对两个日期") % {
                "last": values["to"],
                "first": values["from"],
            }
        return ""

    def classify(self, run: ImportRun, *, at: datetime) -> dict[str, Any]:
        """Compare with the catalogue by pool, place, port and first day."""
        rows = list(read_rows(run))
        places = PoolPlace.objects.filter(place__in={values["place"] for _line, values in rows})
        present = {_key_of(one): one for one in places}
        seen: dict[Key, tuple[int, dict[str, Any]]] = {}
        store_verdicts(run, [_judge(line, values, present, seen) for line, values in rows])
        return {}

    def apply(self, run: ImportRun, *, actor: User | None, at: datetime) -> dict[str, Any]:
        """Add new places, change known ones."""
        created = list(rows_with(run, Outcome.CREATED))
        made = PoolPlace.objects.bulk_create(_made(row.data, run) for row in created)
        verdicts = [
            Verdict(row.line, Outcome.CREATED, row.message, None, one.pk)
            for row, one in zip(created, made, strict=True)
        ]
        store_verdicts(run, verdicts)
        for row in rows_with(run, Outcome.UPDATED):
            _change(row.target or 0, row.changes or {})
        return {}

    def undo(self, run: ImportRun, *, actor: User | None, at: datetime) -> None:
        """Give changed places their old values back, then remove the new ones."""
        for row in rows_with(run, Outcome.UPDATED):
            _change(row.target or 0, {name: pair[::-1] for name, pair in (row.changes or {}).items()})
        PoolPlace.objects.filter(
            pk__in=[row.target for row in rows_with(run, Outcome.CREATED)], import_run=run
        ).delete()


def _key_of(one: PoolPlace) -> Key:
    return one.pool, one.place, one.port, one.valid_from.isoformat() if one.valid_from else ""


def _key(values: dict[str, Any]) -> Key:
    return values["pool"], values["place"], values.get("port"), values.get("from") or ""


def _judge(
    line: int, values: dict[str, Any], present: dict[Key, PoolPlace], seen: dict[Key, tuple[int, dict[str, Any]]]
) -> Verdict:
    first, earlier = seen.setdefault(_key(values), (line, values))
    if first != line:
        same = earlier == values
        text = _("与第 %(line)d 行相同") if same else _("与第 %(line)d 行是同一个地址，内容不同；只留一行")
        return Verdict(line, Outcome.UNCHANGED if same else Outcome.REFUSED, text % {"line": first})
    stored = present.get(_key(values))
    if stored is None:
        return Verdict(line, Outcome.CREATED)
    changes: dict[str, Any] = {}
    for name in _FIELDS:
        old = stored.valid_to.isoformat() if name == "to" and stored.valid_to else getattr(stored, name, "") or ""
        if name in values and (values[name] or "") != old:
            changes[name] = [old, values[name] or ""]
    return Verdict(line, Outcome.UPDATED if changes else Outcome.UNCHANGED, "", changes or None, stored.pk)


def _made(values: dict[str, Any], run: ImportRun) -> PoolPlace:
    return PoolPlace(
        pool=values["pool"], coin=values.get("coin") or "", kind=kind_of(values["place"]), place=values["place"], port=values.get("port"),
        valid_from=_day(values.get("from")), valid_to=_day(values.get("to")), source=values["source"], note=values.get("note") or "",
        import_run=run,
    )  # fmt: skip


def kind_of(place: str) -> PoolPlaceKind:
    """Return how a place is written."""
    return PoolPlaceKind.ADDRESS if ":" in place or place.replace(".", "").isdecimal() else PoolPlaceKind.DOMAIN


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _change(pk: int, changes: dict[str, Any]) -> None:
    row = PoolPlace.objects.select_for_update().get(pk=pk)
    for name, (_old, new) in changes.items():
        if name == "to":
            row.valid_to = _day(new)
        else:
            setattr(row, name, new)
    row.save()


register_kind(PoolsKind())
