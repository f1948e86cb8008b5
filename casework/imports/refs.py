"""How a reference to an import is shown, and to whom."""

from django.urls import reverse

from casework.imports.models import ImportRun
from casework.ledger.refs import by_rows, register_refs


def register() -> None:
    """Register the resolver; called when the app loads."""
    register_refs(
        "import",
        by_rows(
            ImportRun.objects.visible_to, lambda row: reverse("imports:run", args=[row.pk]), lambda row: row.file_name
        ),
    )
