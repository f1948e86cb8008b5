"""How ``filter:12`` is shown, and to whom."""

from django.urls import reverse

from casework.accounts.models import User
from casework.ledger.refs import Resolved, register_ref
from casework.search.models import SavedFilter


def _resolve(pk: int, user: User) -> Resolved | None:
    found = SavedFilter.objects.visible_to(user).filter(pk=pk).first()
    return Resolved(found.name, reverse("search:filters")) if found else None


def register() -> None:
    """Answer for the references of this app."""
    register_ref("filter", _resolve)
