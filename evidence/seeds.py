"""What is there from the start: our own catalogue of pools."""

from evidence.mining.catalogue import own_places
from evidence.models import PoolPlace
from evidence.services.imports_pools import kind_of


def seed_pools() -> None:
    """Put the places there that are not; rows that somebody changed stay as they are."""
    known = set(PoolPlace.objects.values_list("pool", "place", "port", "valid_from"))
    PoolPlace.objects.bulk_create(
        PoolPlace(
            pool=one.pool, coin=one.coin, kind=kind_of(one.place), place=one.place, port=one.port, valid_from=one.since,
            valid_to=one.until, source=one.source, note=one.note,
        )
        for one in own_places()
        if (one.pool, one.place, one.port, one.since) not in known
    )  # fmt: skip
