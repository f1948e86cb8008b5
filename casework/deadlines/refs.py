"""How ``deadline:12`` is shown, and to whom."""

from django.urls import reverse

from casework.accounts.models import User
from casework.deadlines.models import Deadline
from casework.ledger.refs import Resolved, register_ref


def _resolve(pk: int, user: User) -> Resolved | None:
    found = Deadline.objects.visible_to(user).filter(pk=pk).first()
    return Resolved(found.title, reverse("deadlines:detail", args=[pk])) if found else None


def register() -> None:
    """Answer for the references of this app."""
    register_ref("deadline", _resolve)
