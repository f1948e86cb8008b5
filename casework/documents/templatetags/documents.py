"""``{% documents "case" case.pk %}``: the card of a thing's documents, for its page."""

from typing import Any

from django import template

from casework.access.policy import can
from casework.accounts.models import User
from casework.documents.catalogue import shipped
from casework.documents.models import Document
from casework.documents.registry import has_case_file, offered, subject_of

register = template.Library()
#: As many as a card shows; the rest stands in the list.
SHOWN = 30


@register.inclusion_tag("documents/_panel.html", takes_context=True)
def documents(context: Any, prefix: str, pk: int) -> dict[str, Any]:
    """Return the documents of ``prefix:pk`` that the reader may know of, and the kinds that can be made of it."""
    user = context["request"].user
    found = subject_of(f"{prefix}:{pk}", user) if isinstance(user, User) and user.is_commission else None
    if found is None:
        return {"rows": [], "kinds": [], "hidden": True}
    rows = Document.objects.visible_to(user).filter(compartment_id=found.compartment_id)
    if not found.whole:
        rows = rows.filter(subject__in=[found.ref, *found.also])
    codes = offered(found) if can(user, "document.draft") else []
    return {
        "subject": found,
        "rows": list(rows.order_by("-updated_at", "-pk")[:SHOWN]),
        "kinds": [shipped()[code][0] for code in codes],
        "bindable": has_case_file(found),
    }
