"""Official documents among what can be found: number, title and text, by those who know of the matter."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from casework.documents.models import Document
from casework.search.registry import register_search

register_search(
    _("文书"),
    Document.objects.visible_to,
    (),
    lambda row: row.title,
    lambda row: reverse("documents:detail", args=[row.pk]),
    second=lambda row: f"{row.number or row.get_state_display()} · {row.kind}",
    list_url="/documents/?q=",
    order=("-updated_at", "-pk"),
    indexed="document",
    by_circle=True,
    part_url=lambda row, part, _text: f"{reverse('documents:detail', args=[row.pk])}#p{part}",
    icon="file-text",
)
