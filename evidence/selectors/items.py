"""What is known of one item: who may read its content, its seal, its parts, its place in the whole."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from casework.access.models import NeedToKnow
from casework.accounts.models import User
from evidence.custody_workflow import intact_seal
from evidence.enums import Act, DeviceKind, State
from evidence.models import Collection, Custody, Discrepancy, Disposal, Item, Seal

#: Where an item lies outside the store and outside the hands of those who took it.
OUT = (State.CHECKED_OUT, State.EXAMINED)


def knows_content(item: Item, user: User) -> bool:
    """Tell whether the reader belongs to the matter, or only keeps or carries the item."""
    return in_matter_of(user).filter(pk=item.pk).exists()


def in_matter_of(user: User) -> QuerySet[Any]:
    """Return the items to whose matter the reader belongs."""
    rows: QuerySet[Any] = NeedToKnow(model=Item).visible_to(user)
    return rows


def visible_items(user: User) -> QuerySet[Any]:
    """Return the items of the reader for lists, with what the columns show."""
    open_discrepancy = Discrepancy.objects.filter(item=OuterRef("pk"), resolved_at=None)
    seal = Seal.objects.filter(item=OuterRef("pk"), broken_at=None)
    verified = Custody.objects.filter(item=OuterRef("pk"), act=Act.VERIFIED).order_by("-seq")
    rows: QuerySet[Any] = Item.objects.visible_to(user)
    rows = rows.select_related("collection__unit", "holder", "keeper", "parent", "device")
    # The plug-in of the type checker does not know annotated rows.
    return rows.annotate(  # type: ignore[no-any-return]
        has_discrepancy=Exists(open_discrepancy),
        has_seal=Exists(seal),
        seal_now=Subquery(seal.values("number")[:1]),
        verified_at=Subquery(verified.values("at")[:1]),
    )


def last_shelf(item: Item) -> str:
    """Return where the item lay in the store before it went out, "" when it never lay there."""
    stored = item.chain.filter(act__in=[Act.STORED, Act.CHECKED_IN]).order_by("-seq").first()
    return stored.place if stored is not None else ""


def root_of(item: Item) -> Item:
    """Return the outermost whole that the item is a part of."""
    while item.parent is not None:
        item = item.parent
    return item


@dataclass
class Branch:
    """One knot of the device tree."""

    item: Item
    here: bool
    away: bool  # a part that is elsewhere than its whole
    icon: str
    copies: int = 0
    parts: list["Branch"] = field(default_factory=list)


_ICONS = {
    DeviceKind.RIG: "server-2",
    DeviceKind.ASIC: "server-2",
    DeviceKind.FPGA: "server-2",
    DeviceKind.SERVER: "server",
    DeviceKind.COMPUTER: "device-desktop",
    DeviceKind.LAPTOP: "device-desktop",
    DeviceKind.GPU: "cpu",
    DeviceKind.CPU: "cpu",
    DeviceKind.BOARD: "cpu-2",
    DeviceKind.DISK: "device-sd-card",
    DeviceKind.POWER: "bolt",
    DeviceKind.PHONE: "phone",
    DeviceKind.WALLET: "wallet",
    DeviceKind.NETWORK: "network",
}


def icon_of(item: Item) -> str:
    """Return the icon of the item's device, or of a paper or file."""
    device = getattr(item, "device", None)
    if device is not None:
        return _ICONS.get(DeviceKind(device.device_kind), "devices-pc")
    return "package" if item.kind == "physical" else "file-text"


#: So many neighbours on the list stand before and after the item's own root; the others are counted.
NEAR = 3


def siblings_tree(item: Item, user: User) -> tuple[list[Branch], int]:
    """Return the item's place on its list as a tree, of what the reader may know, and how many others the list has.

    Only the item's own root is unfolded, and only its neighbours stand beside it.
    """
    root = root_of(item)
    rows = list(
        Item.objects.visible_to(user)
        .filter(collection_id=item.collection_id)
        .select_related("device", "parent")
        .prefetch_related("files")
        .order_by("position", "pk")
    )
    children: dict[int | None, list[Item]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    known = {row.pk for row in rows}
    tops = [row for row in rows if row.parent_id is None or row.parent_id not in known]

    def branch(row: Item, unfold: bool) -> Branch:
        parts = children.get(row.pk, []) if unfold else []
        copies = sum(1 for file in row.files.all() if not file.original)
        away = row.apart and row.parent is not None and row.state != row.parent.state
        return Branch(row, row.pk == item.pk, away, icon_of(row), copies, [branch(part, True) for part in parts])

    own = next((place for place, top in enumerate(tops) if top.pk in (root.pk, item.pk)), 0)
    first = max(0, min(own - NEAR, len(tops) - 2 * NEAR - 1))
    near = tops[first : first + 2 * NEAR + 1]
    return [branch(top, top.pk in (root.pk, item.pk)) for top in near], len(tops) - len(near)


def parts_away(item: Item) -> int:
    """Return how many parts left the whole and are not back."""
    return item.parts.filter(apart=True).count()


@dataclass(frozen=True)
class SealFacts:
    """The seal that closes the item now, those before it, and whether it belongs to the whole around it."""

    current: Seal | None
    former: list[Seal]
    of_whole: bool
    ever: bool


def seal_facts(item: Item) -> SealFacts:
    """Return the seals of the item."""
    seals = list(item.seals.select_related("applied_by", "applied_with", "broken_by", "broken_with", "checked_by"))
    current = intact_seal(item)
    return SealFacts(
        current=current,
        former=[seal for seal in seals if seal.broken_at is not None],
        of_whole=current is not None and current.item_id != item.pk,
        ever=bool(seals) or current is not None,
    )


def visible_collections(user: User) -> QuerySet[Any]:
    """Return the lists the reader may know of, newest first."""
    rows: QuerySet[Any] = Collection.objects.visible_to(user)
    return rows.select_related("unit", "created_by").order_by("-began_at", "-pk")


def approved_disposal(item: Item) -> Disposal | None:
    """Return the end of the item that was approved, whether carried out or not yet."""
    rows = item.disposals.select_related("approved_by", "done_by")
    found: Disposal | None = rows.filter(approved_at__isnull=False).order_by("-pk").first()
    return found


def changes_of_hands(item: Item) -> QuerySet[Custody]:
    """Return the links in which the item went from one person to another, newest first."""
    return (
        Custody.objects.filter(item=item, giver__isnull=False, receiver__isnull=False)
        .exclude(act__in=["offered", "withdrawn", "refused"])
        .order_by("-seq")
    )
