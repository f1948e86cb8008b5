"""Columns by hand: each column of the file with what stands in it, and which of ours it is."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from casework.access.policy import get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.imports.cells import masked
from casework.imports.enums import RunState
from casework.imports.models import ImportRun
from casework.imports.registry import header_key, kind_named
from casework.imports.services import map_columns
from casework.web.forms import add_refusal
from casework.web.toast import toast

#: So many rows are shown as examples.
EXAMPLES = 3


class ColumnsForm(forms.Form):
    """One choice for each column of the file."""

    source = forms.CharField(label=gettext_lazy("来源"), max_length=120, required=False)
    remember = forms.BooleanField(label=gettext_lazy("记住，同样表头的文件以后照此读取"), required=False, initial=True)

    def __init__(self, *args: Any, run: ImportRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = kind_named(run.kind)
        choices = [("", _("不导入"))] + [
            (column.name, f"{column.label}{_('（必填）') if column.required else ''}") for column in kind.columns
        ]
        known = run.header["columns"] or {
            str(at): column.name
            for at, text in enumerate(run.header["texts"])
            for column in kind.columns
            if header_key(text) in column.headers
        }
        self.places = list(range(len(run.header["texts"])))
        for at in self.places:
            self.fields[f"c{at}"] = forms.ChoiceField(
                label=_("第 %(number)d 列“%(text)s”") % {"number": at + 1, "text": run.header["texts"][at] or "—"},
                choices=choices,
                required=False,
                widget=forms.Select(attrs={"class": "in"}),
                initial=known.get(str(at), ""),
            )

    @property
    def chosen(self) -> dict[int, str]:
        """Place in the row → name of the column."""
        return {at: self.cleaned_data[f"c{at}"] for at in self.places if self.cleaned_data[f"c{at}"]}


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which column of the file is which; the rows are then previewed."""
    user = reader(request)
    found: ImportRun = get_visible(ImportRun.objects, user, pk=pk)
    require(user, kind_named(found.kind).act, found)
    if found.state not in {RunState.UNMAPPED, RunState.PREVIEWED}:
        return redirect("imports:run", pk)
    form = ColumnsForm(
        request.POST if request.method == "POST" else None,
        run=found,
        initial={"source": found.header.get("source", ""), "remember": True},
    )
    if request.method == "POST" and form.is_valid():
        try:
            map_columns(
                found,
                form.chosen,
                source=form.cleaned_data["source"],
                remember=form.cleaned_data["remember"],
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已按指定的列读取“%(file)s”，请核对预览。") % {"file": found.file_name})
            return redirect("imports:run", pk)
    rows = list(found.lines.order_by("line").values_list("cells", flat=True)[:EXAMPLES])
    examples = [
        [masked(cells[at]) if cells[at].startswith("v1:") else cells[at] for cells in rows if at < len(cells)]
        for at in form.places
    ]
    context = {
        "run": found,
        "kind": kind_named(found.kind),
        "form": form,
        "columns": [(at + 1, found.header["texts"][at], examples[at], form[f"c{at}"]) for at in form.places],
    }
    return render(request, "imports/columns.html", context, status=422 if form.errors else 200)
