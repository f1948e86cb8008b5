"""How ``deadline:12`` is shown, and to whom."""

from django.urls import reverse

from casework.core.english import said
from casework.deadlines.models import Deadline
from casework.ledger.refs import by_rows, register_refs


def register() -> None:
    """Answer for the references of this app."""
    register_refs(
        "deadline",
        by_rows(
            Deadline.objects.visible_to,
            lambda row: reverse("deadlines:detail", args=[row.pk]),
            lambda row: said(row.title),
        ),
    )
