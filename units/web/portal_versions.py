"""What the unit has sent: frozen versions, the difference of two, and its rectification duties."""

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
from units.enums_campaign import RectificationState
from units.models import Rectification
from units.selectors.versions import changes, contents
from units.services.reading import note_proof_read
from units.services.rectification import report_rectification
from units.web.portal import clocks, own_inspection
from units.web.portal_questions import MAX_BYTES
from units.web.posted import posted


@require_safe
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A submitted version, read only, with what changed since the one before."""
    inspection = own_inspection(request, pk)
    reports = {one.number: one for one in inspection.reports.prefetch_related("remarks")}
    if number not in reports:
        raise Http404
    earlier = reports.get(number - 1)
    return render(
        request,
        "units/portal/version.html",
        {
            "inspection": inspection,
            "report": reports[number],
            "earlier": earlier,
            "content": contents(reports[number]),
            "changes": changes(earlier, reports[number]) if earlier else [],
            "newest": number == max(reports),
        },
    )


class ResultForm(forms.Form):
    """What was done about a rectification duty, with proof."""

    done = forms.CharField(label=gettext_lazy("整改结果"), max_length=4000, widget=forms.Textarea)
    proof = forms.FileField(label=gettext_lazy("证明材料"), required=False)


def own_rectification(request: HttpRequest, pk: int) -> Rectification:
    """Return the reader's own duty, or 404."""
    user = reader(request)
    found: Rectification | None = (
        Rectification.objects.for_leader(user)
        .select_related("campaign_unit__unit", "campaign_unit__campaign", "inspection", "proof")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def rectification(request: HttpRequest, pk: int) -> HttpResponse:
    """A rectification duty: what is asked, what was returned, and the unit's result."""
    user = reader(request)
    duty = own_rectification(request, pk)
    form = ResultForm(posted(request), request.FILES or None, initial={"done": duty.done})
    if request.method == "POST" and form.is_valid():
        given, at = form.cleaned_data["proof"], clock.now()
        try:
            proof = store_blob(given.chunks(), actor=user, at=at, max_bytes=MAX_BYTES) if given else None
            report_rectification(
                duty,
                done=form.cleaned_data["done"],
                proof=proof,
                proof_name=given.name if given else "",
                actor=user,
                at=at,
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已报整改结果“%(title)s”。") % {"title": duty.title})
            return redirect("units:portal-rectification", pk=pk)
    ref = f"rectification:{duty.pk}"
    context = {
        "duty": duty,
        "form": form,
        "open": duty.state == RectificationState.OPEN,
        "chip": clocks([ref], clock.today()).get(ref),
    }
    return render(request, "units/portal/rectification.html", context, status=400 if form.errors else 200)


@require_safe
def own_proof(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand the unit its own proof."""
    user = reader(request)
    duty = own_rectification(request, pk)
    if duty.proof is None:
        raise Http404
    note_proof_read(duty, actor=user, at=clock.now())
    return download(duty.proof, duty.proof_name or _("证明材料"))
