"""What the administrators may count and list: never a compartment whose very existence is secret."""

import re
from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from casework.access.enums import CompartmentKind
from casework.access.models import Compartment, Grant
from casework.accounts.models import User
from casework.ledger.models import AppendOnlyQuerySet, Entry

#: What the audit administrator sees: the acts of the two others, never an act on content.
_KINDS = Q(kind__startswith="account.") | Q(kind__startswith="token.") | Q(kind__startswith="compartment.")


def known_compartments() -> QuerySet[Compartment]:
    """Return the compartments but those of unannounced inspections."""
    return Compartment.objects.exclude(kind=CompartmentKind.INSPECTION)


def counted_compartments() -> QuerySet[Compartment]:
    """Return them with how many people belong to each, and how many stand back."""
    return known_compartments().annotate(
        members=Count("grants", filter=Q(grants__until__isnull=True), distinct=True),
        recused=Count("recusals", distinct=True),
    )


def emergencies() -> QuerySet[Grant]:
    """Return the accesses that people took themselves in an emergency, the newest first: who and until when, not why."""
    rows = Grant.objects.filter(emergency=True).exclude(compartment__kind=CompartmentKind.INSPECTION)
    return rows.select_related("user__organisation", "compartment").order_by("-until_at", "-pk")


def administrative_acts() -> AppendOnlyQuerySet:
    """Return the entries of the administrators' acts, without those on secret compartments."""
    secret = Compartment.objects.filter(kind=CompartmentKind.INSPECTION).values_list("pk", flat=True)
    return Entry.objects.filter(_KINDS).exclude(ref__in=[f"compartment:{pk}" for pk in secret])


def public_refs(refs: Iterable[str]) -> dict[str, str]:
    """Return, for each reference to a compartment, the one that may be shown, in one query."""
    keys = {ref: int(ref.partition(":")[2]) for ref in refs if _is_compartment(ref)}
    marks = dict(Compartment.objects.filter(pk__in=[*keys.values(), 0]).values_list("pk", "public_id"))
    return {ref: f"compartment:{marks[key]}" for ref, key in keys.items() if key in marks}


def shown_refs(refs: Iterable[str]) -> dict[str, str]:
    """Return how the audit administrator reads the references, in two queries: people by name, compartments by kind and
    mark, as the register has them; what a compartment is called is content.
    """
    known = dict.fromkeys(refs)
    numbers = [int(ref.removeprefix("user:")) for ref in known if re.fullmatch(r"user:\d{1,18}", ref)]
    people = User.objects.filter(pk__in=[*numbers, 0]).select_related("organisation")
    names = {f"user:{row.pk}": f"{row.name}（{row.organisation.name}）" for row in people}
    keys = {int(ref.partition(":")[2]): ref for ref in known if _is_compartment(ref)}
    circles = {
        keys[row.pk]: _("知悉范围 %(mark)s（%(kind)s）") % {"mark": row.public_id, "kind": row.get_kind_display()}
        for row in Compartment.objects.filter(pk__in=[*keys, 0]).only("public_id", "kind")
    }
    return {ref: ref for ref in known} | circles | names


def _is_compartment(ref: str) -> bool:
    kind, _colon, key = ref.partition(":")
    return kind == "compartment" and key.isdecimal()
