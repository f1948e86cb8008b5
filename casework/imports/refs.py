"""How a reference to an import is shown, and to whom."""

from django.urls import reverse

from casework.accounts.models import User
from casework.imports.models import ImportRun
from casework.ledger.refs import Resolved, register_ref


def _import(pk: int, user: User) -> Resolved | None:
    found = ImportRun.objects.visible_to(user).filter(pk=pk).first()
    return None if found is None else Resolved(found.file_name, reverse("imports:run", args=[pk]))


def register() -> None:
    """Register the resolver; called when the app loads."""
    register_ref("import", _import)
