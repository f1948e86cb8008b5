"""Who hears of a report or a rectification that runs late, besides the leader who holds it."""

from collections.abc import Collection, Mapping, Sequence

from casework.access.models import Grant
from casework.accounts.enums import Role
from casework.deadlines.models import Deadline


def told_of_delay(deadlines: Sequence[Deadline]) -> dict[int, Mapping[str, Collection[int]]]:
    """Return for each clock the campaign's officers as ``leader`` and its approvers as ``superior``.

    Both are looked for among the members of the clock's compartment, in two queries for any number of clocks.
    """
    by_compartment: dict[int, dict[str, set[int]]] = {}
    wanted = {one.compartment_id for one in deadlines if one.compartment_id}
    for role, place in ((Role.CAMPAIGN_OFFICER, "leader"), (Role.APPROVER, "superior")):
        grants = Grant.objects.filter(
            compartment__in=wanted,
            until=None,
            user__is_active=True,
            user__appointments__role=role,
            user__appointments__until=None,
        )
        for user, compartment in grants.values_list("user_id", "compartment_id").distinct():
            by_compartment.setdefault(compartment, {}).setdefault(place, set()).add(user)
    return {one.pk: by_compartment.get(one.compartment_id or 0, {}) for one in deadlines}
