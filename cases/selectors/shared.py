"""What cases share, over what the reader may see alone: his cases, and of their exhibits those whose content he knows."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from django.db.models import QuerySet

from cases.enums import SharedKind, SharedSaid
from cases.models import Case, Exhibit, SharedVerdict, Suspect
from casework.access.models import NeedToKnow
from casework.accounts.models import User
from casework.core.crypto import blind_index
from casework.search.words import fold
from evidence.models import Device, EventMark, Item
from units.models import LeadAddress

#: More cases than this are not compared at once; the newest come first.
MOST_CASES: Final = 3000
MOST_PAIRS: Final = 500
MOST_NODES: Final = 300
PLACE: Final = "cases.shared"
_WALLET: Final = re.compile(
    r"(?<![0-9a-z])(0x[0-9a-f]{40}|bc1[0-9a-z]{25,60}|[48][0-9ab][0-9a-z]{93}|[13][0-9a-z]{25,34}|t1[0-9a-z]{33})(?![0-9a-z])"
)
_HOST: Final = re.compile(r"(?<![0-9a-z.@-])((?:[0-9a-z](?:[0-9a-z-]*[0-9a-z])?\.)+[a-z]{2,12})(?![0-9a-z-])")
#: Names of accounts that every machine has tell nothing.
_COMMON: Final = frozenset({"", "root", "admin", "administrator", "system", "guest", "-", "?"})


@dataclass(frozen=True)
class Shared:
    """A thing that several of the reader's cases hold."""

    kind: str
    value: str
    label: str
    cases: tuple[int, ...]

    @property
    def index(self) -> str:
        """The keyed digest under which decisions on it are kept."""
        return blind_index(f"{self.kind}|{self.value}", PLACE)


@dataclass(frozen=True)
class Pair:
    """One shared thing of two cases with the latest decision on it."""

    shared: Shared
    case: Case
    other: Case
    verdict: SharedVerdict | None

    @property
    def kind_label(self) -> str:
        """What kind of thing it is, in words."""
        return str(SharedKind(self.shared.kind).label)


@dataclass
class Relations:
    """All pairs of the reader, and the cases by key; ``cut`` says that there are more."""

    shared: list[Shared]
    pairs: list[Pair]
    cases: dict[int, Case]
    cut: bool = False


def shared_things(user: User) -> tuple[list[Shared], dict[int, Case], bool]:
    """Return what at least two visible cases have in common, and those cases."""
    visible: QuerySet[Case] = Case.objects.visible_to(user).select_related("unit").order_by("-proposed_at", "-pk")
    rows = list(visible[: MOST_CASES + 1])
    cut, rows = len(rows) > MOST_CASES, rows[:MOST_CASES]
    cases = {case.pk: case for case in rows}
    holders: dict[tuple[str, str], dict[int, None]] = defaultdict(dict)
    labels: dict[tuple[str, str], str] = {}

    def note(case_id: int, kind: SharedKind, value: str, label: str = "") -> None:
        if value:
            holders[kind.value, value][case_id] = None
            labels.setdefault((kind.value, value), label or value)

    for case in rows:
        if case.unit is not None:
            note(case.pk, SharedKind.UNIT, str(case.unit_id), case.unit.name)
    for suspect in Suspect.objects.filter(case__in=cases).select_related("unit"):
        note(
            suspect.case_id,
            SharedKind.PERSON,
            f"p{suspect.person_id}" if suspect.person_id else suspect.name,
            suspect.name,
        )
        if suspect.unit is not None:
            note(suspect.case_id, SharedKind.UNIT, str(suspect.unit_id), suspect.unit.name)
    leads = {case.lead_id: case.pk for case in rows if case.lead_id}
    for lead_id, ip in LeadAddress.objects.filter(lead__in=leads).values_list("lead_id", "ip"):
        note(leads[lead_id], SharedKind.ADDRESS, str(ip))
    for case_id, kind, value in _of_exhibits(user, cases):
        note(case_id, kind, value)
    found = [
        Shared(kind, value, labels[kind, value], tuple(sorted(held)))
        for (kind, value), held in holders.items()
        if len(held) > 1
    ]
    order = {kind: place for place, kind in enumerate(SharedKind.values)}
    return sorted(found, key=lambda one: (order[one.kind], -len(one.cases), one.label)), cases, cut


def _of_exhibits(user: User, cases: dict[int, Case]) -> Iterable[tuple[int, SharedKind, str]]:
    known = NeedToKnow(model=Item).visible_to(user)
    cited: dict[int, set[int]] = defaultdict(set)
    for item_id, case_id in Exhibit.objects.filter(case__in=cases, item__in=known).values_list("item_id", "case_id"):
        cited[item_id].add(case_id)
    for part_id, whole_id in known.filter(parent__in=cited).values_list("pk", "parent_id"):
        cited[part_id] |= cited[whole_id]
    devices: Any = Device.objects.filter(item__in=cited).values_list("item_id", "serial", "mac", "pool")
    for item_id, serial, mac, pool in devices:
        said = fold(pool)
        for case_id in cited[item_id]:
            yield case_id, SharedKind.SERIAL, fold(serial).strip()
            yield case_id, SharedKind.MAC, re.sub(r"[^0-9a-f]", "", fold(mac))
            for wallet in _WALLET.findall(said):
                yield case_id, SharedKind.WALLET, wallet
            for host in _HOST.findall(said):
                yield case_id, SharedKind.POOL, host
    marks = EventMark.objects.filter(event__item__in=cited).select_related("event")
    for event in {mark.event_id: mark.event for mark in marks}.values():
        wallet = fold(str(event.attrs.get("wallet", "")))
        for case_id in cited[event.item_id]:
            yield case_id, SharedKind.WALLET, wallet
            account = fold(event.user_name)
            yield case_id, SharedKind.ACCOUNT, "" if account in _COMMON else account
            yield case_id, SharedKind.ADDRESS, event.source_ip


def relations(user: User, *, kind: str = "", case: int = 0, verdict: str = "") -> Relations:
    """Return the pairs of the reader's cases under the conditions, with the latest decision on each."""
    shared, cases, cut = shared_things(user)
    latest: dict[tuple[int, int, str, str], SharedVerdict] = {}
    decided = SharedVerdict.objects.filter(case__in=cases, other__in=cases).select_related("by").order_by("pk")
    for row in decided:
        latest[row.case_id, row.other_id, row.kind, row.value_index] = row
    pairs: list[Pair] = []
    kept: list[Shared] = []
    for one in shared:
        if (kind and one.kind != kind) or (case and case not in one.cases):
            continue
        index = one.index
        shown = False
        for first, second in combinations(one.cases, 2):
            if case and case not in (first, second):
                continue
            said = latest.get((first, second, one.kind, index))
            if verdict and (said.verdict if said else "open") != verdict:
                continue
            shown = True
            if len(pairs) < MOST_PAIRS:
                pairs.append(Pair(one, cases[first], cases[second], said))
            else:
                cut = True
        if shown:
            kept.append(one)
    return Relations(kept, pairs, cases, cut)


def graph_of(found: Relations, urls: dict[int, str]) -> dict[str, Any]:
    """Return the picture's nodes and lines: cases and what they share; no more nodes than can be read."""
    nodes: dict[str, dict[str, Any]] = {}
    links: list[dict[str, Any]] = []
    chance = {
        (pair.shared.kind, pair.shared.value, key)
        for pair in found.pairs
        if pair.verdict is not None and pair.verdict.verdict == SharedSaid.CHANCE and len(pair.shared.cases) == 2
        for key in (pair.case.pk, pair.other.pk)
    }
    for one in found.shared:
        new = [key for key in one.cases if f"c{key}" not in nodes]
        if len(nodes) + 1 + len(new) > MOST_NODES:
            break
        mark = f"{one.kind}:{one.value}"
        label = one.label if len(one.label) <= 16 else f"{one.label[:7]}…{one.label[-6:]}"
        nodes[mark] = {"id": mark, "name": label, "full": one.label, "category": SharedKind.values.index(one.kind) + 1}
        for key in one.cases:
            case = found.cases[key]
            nodes[f"c{key}"] = {
                "id": f"c{key}", "name": case.number, "full": case.title, "category": 0, "url": urls[key],
            }  # fmt: skip
            links.append({"source": f"c{key}", "target": mark, "chance": (one.kind, one.value, key) in chance})
    return {"nodes": list(nodes.values()), "links": links, "categories": ["", *(str(one) for one in SharedKind.labels)]}
