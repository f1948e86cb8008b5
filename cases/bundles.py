"""A case as the subject of an evidence bundle: what was taken for it and what is cited in it."""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from cases.models import Case, Interview, Suspect
from evidence.models import Item
from evidence.services.bundle import Subject, register_bundle_people, register_bundle_source


def case_subject(key: str) -> Subject | None:
    """Return the items of the case with that key or number; None when there is no such case."""
    lookup = {"pk": int(key)} if key.isdecimal() else {"number": key}
    case = Case._base_manager.filter(**lookup).first()
    if case is None:
        return None
    items = Item._base_manager.filter(Q(compartment=case.compartment_id) | Q(exhibits__case=case)).distinct()
    return Subject(f"{case.number} {case.title}", list(items.filter(Q(parent=None) | Q(exhibits__case=case))))


register_bundle_source("case", case_subject)


def people_of(items: Sequence[Item]) -> Iterable[str]:
    """Yield the names of those whom the items are about: suspects of their cases, people who gave a record."""
    cases = Case._base_manager.filter(
        Q(compartment__in={item.compartment_id for item in items}) | Q(exhibits__item__in=items)
    )
    yield from Suspect.objects.filter(case__in=cases).values_list("name", flat=True)
    yield from Interview.objects.filter(Q(item__in=items) | Q(case__in=cases)).values_list("person_name", flat=True)


register_bundle_people(people_of)
