"""A table whose columns a person names: what each column is, kept under a name, and used again."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from casework.access.models import NeedToKnow
from casework.access.policy import get_visible, require
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.wake import wake
from casework.web.toast import toast
from evidence.log_words import FIELDS
from evidence.models import Item, ItemFile
from evidence.parsing.table import FIELDS as NAMES
from evidence.selectors.logs import Peek, mappings_for, peek
from evidence.services.logs import read_columns
from evidence.web.people import reader

ZONES = ("Asia/Shanghai", "UTC")


@require_http_methods(["GET", "HEAD", "POST"])
def log_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the beginning of a table and ask what each column is; then have it read."""
    user = reader(request)
    item: Item = get_visible(NeedToKnow(model=Item).select_related("compartment", "collection"), user, pk=pk)
    require(user, "evidence.read_logs", item)
    wanted = request.POST.get("file") or request.GET.get("file") or ""
    file = item.files.filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 16 else None
    if file is None:
        raise Http404
    seen = peek(file)
    zone = request.POST.get("zone") or request.GET.get("zone") or ZONES[0]
    zone = zone if zone in ZONES else ZONES[0]
    error: CaseworkError | None = None
    chosen, name = _chosen(request, seen)
    if request.method == "POST" and seen is not None:
        try:
            run = read_columns(file, name=name, columns=_columns(seen, chosen), actor=user, at=clock.now(), zone=zone)
        except CaseworkError as refusal:
            error = refusal
        else:
            wake("evidence.read_log", run.pk)
            toast(request, _("已开始读取，读完会显示在这里。"))
            return redirect("evidence:item-logs", pk=item.pk)
    return render(
        request,
        "evidence/log_columns.html",
        _context(item, file, seen, chosen, name, zone, error),
        status=422 if error else 200,
    )


def _chosen(request: HttpRequest, seen: Peek | None) -> tuple[dict[int, str], str]:
    """Return what each column is to be, and the name: as sent, as saved before, or as the headings suggest."""
    if seen is None:
        return {}, ""
    if request.method == "POST":
        sent = {number: request.POST.get(f"c{number}", "") for number in range(len(seen.heading))}
        return {number: field for number, field in sent.items() if field in NAMES}, request.POST.get("name", "")[:60]
    saved = next((row for row in mappings_for(seen) if str(row.pk) == request.GET.get("mapping")), None)
    if saved is not None:
        return {seen.heading.index(title): field for field, title in saved.columns.items()}, saved.name
    return {number: field for field, number in seen.guessed.items()}, ""


def _columns(seen: Peek, chosen: dict[int, str]) -> dict[str, str]:
    """Return field -> heading; empty where a field was given to two columns."""
    columns = {field: seen.heading[number] for number, field in chosen.items()}
    return columns if len(columns) == len(chosen) else {}


def _context(
    item: Item,
    file: ItemFile,
    seen: Peek | None,
    chosen: dict[int, str],
    name: str,
    zone: str,
    error: CaseworkError | None,
) -> dict[str, Any]:
    context: dict[str, Any] = {
        "item": item,
        "file": file,
        "seen": seen,
        "name": name,
        "zone": zone,
        "zones": ZONES,
        "error": error,
    }
    if seen is not None:
        context["columns"] = [
            {
                "number": number,
                "title": title,
                "chosen": chosen.get(number, ""),
                "values": [row[number] for row in seen.rows[:3]],
            }
            for number, title in enumerate(seen.heading)
        ]
        context["fields"] = [(field, FIELDS[field]) for field in NAMES]
        context["saved"] = [row for row in mappings_for(seen) if row.name != name]
    return context
