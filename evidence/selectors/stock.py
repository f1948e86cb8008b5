"""What a label, a seal or a serial names, in a session of taking stock and outside it."""

from django.db.models import Q

from casework.accounts.models import User
from evidence.enums import State
from evidence.models import Item, StockLine, StockTake
from evidence.rules import seal_number


def line_named(take: StockTake, text: str) -> StockLine | None:
    """Return the line of the session that the text names: its item, or the very text that was noted as too much."""
    line: StockLine | None = take.lines.filter(_named(text, "item__")).order_by("pk").first()
    return line or take.lines.filter(item=None, scanned=text.strip()[:120]).first()


def item_named(text: str, user: User) -> Item | None:
    """Return the item that the text names, of those that the reader may know of."""
    found: Item | None = Item.objects.visible_to(user).filter(_named(text)).order_by("pk").first()
    return found


def lies_with(item: Item, keeper: User) -> bool:
    """Tell whether the books put the item on a shelf of this keeper, by itself."""
    alone = item.parent_id is None or item.apart
    return item.holder_id == keeper.pk and item.state in (State.DEPOSITED, State.EXAMINED) and alone


def _named(text: str, prefix: str = "") -> Q:
    number = seal_number(text)
    return (
        Q(**{f"{prefix}number__iexact": number})
        | Q(**{f"{prefix}seals__number": number})
        | Q(**{f"{prefix}device__serial__iexact": text.strip()})
    )
