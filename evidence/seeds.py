"""What is there from the start: our own catalogue of pools."""

from evidence.mining.catalogue import Place, own_places
from evidence.models import PoolPlace
from evidence.services.imports_pools import kind_of


def seed_pools() -> None:
    """Put the places there that are not; a place whose days we have learnt since gets them, one that somebody changed stays."""
    places = own_places()
    dated = [one for one in places if one.since or one.until]
    for row in PoolPlace.objects.filter(
        place__in=[one.place for one in dated], valid_from=None, valid_to=None, import_run=None
    ):
        ours = next((one for one in dated if (one.pool, one.place, one.port) == (row.pool, row.place, row.port)), None)
        if ours is not None and _says_less(row, ours):
            row.coin, row.valid_from, row.valid_to = ours.coin, ours.since, ours.until
            row.source, row.note = ours.source, ours.note
            row.save()
    known = set(PoolPlace.objects.values_list("pool", "place", "port", "valid_from"))
    PoolPlace.objects.bulk_create(
        PoolPlace(
            pool=one.pool, coin=one.coin, kind=kind_of(one.place), place=one.place, port=one.port, valid_from=one.since,
            valid_to=one.until, source=one.source, note=one.note,
        )
        for one in places
        if not {(one.pool, one.place, one.port, one.since), (one.pool, one.place, one.port, None)} & known
    )  # fmt: skip


def _says_less(row: PoolPlace, ours: Place) -> bool:
    """Tell whether the row is ours of an earlier version: the same sources, to which the days' have been added."""
    return ours.source.startswith(row.source) and ours.note.startswith(row.note) and row.coin in {"", ours.coin}
