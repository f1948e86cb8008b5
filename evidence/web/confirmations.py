"""What the reader did as the second of two officers, for him to confirm or contradict himself."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from casework.access.policy import require
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.guards import officials_only
from casework.web.toast import toast
from evidence.models import Item
from evidence.selectors.desk import acts_to_confirm
from evidence.services import confirm_acts
from evidence.web.people import reader

SHOWN = 200


class ConfirmForm(forms.Form):
    """Which links, and, for an objection, what was otherwise."""

    links: Any = forms.ModelMultipleChoiceField(queryset=None, label=_l("事项"), required=False)
    note = forms.CharField(label=_l("哪里不属实"), required=False, max_length=200)

    def __init__(self, *args: Any, rows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["links"].queryset = rows  # type: ignore[attr-defined]

    def clean_links(self) -> Any:
        """Nothing is ticked for the reader: who ticks nothing is told so above the list."""
        chosen = self.cleaned_data["links"]
        if not chosen:
            self.add_error(None, _("没有选事项。请逐项核对，勾选您要确认的。"))
        return chosen


@require_http_methods(["GET", "HEAD", "POST"])
@officials_only
def confirmations(request: HttpRequest) -> HttpResponse:
    """Confirm, or contradict, what another wrote down for both."""
    user = reader(request)
    require(user, "evidence.confirm")
    rows = acts_to_confirm(user)
    asked = request.GET.get("item", "")
    only = int(asked) if asked.isdecimal() and len(asked) < 12 else 0
    form = ConfirmForm(request.POST if request.method == "POST" else None, rows=rows)
    if request.method == "POST" and form.is_valid():
        chosen, at = list(form.cleaned_data["links"]), clock.now()
        try:
            if "object" in request.POST:
                confirm_acts(chosen, agreed=False, note=form.cleaned_data["note"], actor=user, at=at)
                said = ngettext(
                    "已登记 %(n)s 环不属实，并登记账实不符。", "已登记 %(n)s 环不属实，并登记账实不符。", len(chosen)
                )
            else:
                confirm_acts(chosen, actor=user, at=at)
                said = ngettext("已确认 %(n)s 环。", "已确认 %(n)s 环。", len(chosen))
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, said % {"n": len(chosen)})
            known = Item.objects.visible_to(user).filter(pk=only).exists()
            if known and not rows.filter(item_id=only).exists():
                return redirect("evidence:item", pk=only)  # from there he came, and all of it is done
            return redirect(request.get_full_path())
    shown = rows.filter(item_id=only) if only else rows
    listed = list(shown[:SHOWN])
    context = {
        "form": form,
        "rows": listed,
        "count": shown.count(),
        "item": listed[0].item if listed and shown is not rows else None,
        # A refusal keeps what was ticked; nothing is ever ticked for the reader.
        "chosen": {int(one) for one in request.POST.getlist("links") if one.isdecimal() and len(one) < 12},
    }
    return render(request, "evidence/confirmations.html", context, status=409 if request.method == "POST" else 200)
