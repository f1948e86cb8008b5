"""How ``letter:12`` is shown, and to whom."""

from django.urls import reverse

from casework.accounts.models import User
from casework.ledger.refs import Resolved, register_ref
from casework.notices.models import Letter


def _resolve(pk: int, user: User) -> Resolved | None:
    found = Letter.objects.visible_to(user).filter(pk=pk).first()
    return Resolved(str(found), reverse("notices:letter", args=[pk])) if found else None


def register() -> None:
    """Answer for the references of this app."""
    register_ref("letter", _resolve)
