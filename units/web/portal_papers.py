"""Papers that a unit received: reading them, answering with proof. Only what was sent to the unit's own leader."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.files.responses import download
from casework.files.services.blobs import store_blob
from casework.web.forms import add_refusal
from casework.web.toast import toast
from units.enums_campaign import PaperState
from units.models import UnitPaper
from units.services.papers import answer_paper
from units.services.reading import note_paper_proof_read
from units.web.portal import clocks
from units.web.portal_questions import MAX_BYTES
from units.web.posted import posted


class ReplyForm(forms.Form):
    """What the unit did about it, with proof."""

    answer = forms.CharField(label=gettext_lazy("整改情况"), max_length=8000, widget=forms.Textarea)
    proof = forms.FileField(label=gettext_lazy("证明材料"), required=False)


def own_paper(request: HttpRequest, pk: int) -> UnitPaper:
    """Return the reader's own paper, or the same 404 for absent, another's and not yet issued."""
    rows = UnitPaper.objects.for_leader(reader(request)).select_related(
        "campaign_unit__unit", "campaign_unit__campaign", "proof"
    )
    found: UnitPaper | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper as the unit reads it, with its answer."""
    user = reader(request)
    row = own_paper(request, pk)
    form = ReplyForm(posted(request), request.FILES or None, initial={"answer": row.answer})
    if request.method == "POST" and form.is_valid():
        given, at = form.cleaned_data["proof"], clock.now()
        try:
            proof = store_blob(given.chunks(), actor=user, at=at, max_bytes=MAX_BYTES) if given else None
            name = given.name if given else ""
            answer_paper(row, form.cleaned_data["answer"], actor=user, at=at, proof=proof, proof_name=name)
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已反馈 %(number)s。") % {"number": row.number})
            return redirect("units:portal-paper", pk=pk)
    context = {
        "paper": row,
        "form": form,
        "open": row.state == PaperState.SENT,
        "chip": clocks([row.ref], clock.today()).get(row.ref),
    }
    return render(request, "units/portal/paper.html", context, status=400 if form.errors else 200)


@require_safe
def print_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper as it is printed."""
    return render(request, "units/paper_print.html", {"paper": own_paper(request, pk), "portal": True})


@require_safe
def own_proof(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand the unit its own proof."""
    row = own_paper(request, pk)
    if row.proof is None:
        raise Http404
    note_paper_proof_read(row, actor=reader(request), at=clock.now())
    return download(row.proof, row.proof_name or _("证明材料"))
