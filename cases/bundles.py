"""A case as the subject of an evidence bundle: what was taken for it and what is cited in it."""

from django.db.models import Q

from cases.models import Case
from evidence.models import Item
from evidence.services.bundle import Subject, register_bundle_source


def case_subject(key: str) -> Subject | None:
    """Return the items of the case with that key or number; None when there is no such case."""
    lookup = {"pk": int(key)} if key.isdecimal() else {"number": key}
    case = Case._base_manager.filter(**lookup).first()
    if case is None:
        return None
    items = Item._base_manager.filter(Q(compartment=case.compartment_id) | Q(exhibits__case=case)).distinct()
    return Subject(f"{case.number} {case.title}", list(items.filter(Q(parent=None) | Q(exhibits__case=case))))


register_bundle_source("case", case_subject)
