"""What the search boxes of the register and of monitoring look for, along indexes."""

from typing import Any

from django.db.models import Q, QuerySet

from casework.accounts.models import User
from casework.search.lists import entries, found_by, indexed, words_with
from casework.search.registry import span
from units.models import AddressBlock, LeadAddress, Sighting

#: A word that stands in the names of more units than this is looked for in another way.
MOST_UNITS = 500


def _of_addresses(_user: User, word: str) -> QuerySet[Any, Any]:
    net = span(word)
    rows = LeadAddress.objects.filter(ip__range=net) if net else LeadAddress.objects.none()
    return rows.order_by().values_list("lead_id", flat=True)


def _blocks_of_units(user: User, word: str) -> QuerySet[Any, Any]:
    return AddressBlock.objects.filter(unit__in=entries(user, "unit", word)).order_by().values_list("pk", flat=True)


find_units = found_by(indexed("unit"))
find_people = found_by(indexed("person"))
find_leads = found_by(indexed("lead", by_circle=True), _of_addresses)
find_blocks = found_by(indexed("block"), _blocks_of_units)


def find_sightings(user: User, word: str) -> Q:
    """Return the condition for a word: an address or its beginning, a piece of a remote host, a unit by its name.

    The hosts and units meant are looked up first and named, so that each has its index.
    """
    net = span(word)
    found = Q(ip__range=net) if net else Q()
    if word.isascii() and len(word) >= 3:
        found |= Q(remote_host__startswith=word) | Q(
            remote_host__in=words_with(Sighting._meta.db_table, "remote_host", word)
        )
    if not net:
        units = list(entries(user, "unit", word).distinct()[: MOST_UNITS + 1])
        many = Q(unit__in=entries(user, "unit", word).values("row_id"))
        found |= Q(unit__in=units) if len(units) <= MOST_UNITS else many
    return found or Q(pk__in=[])
