"""Templates: the list of kinds, one kind with its versions, a preview with sample data, the commission's own version."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from casework.access.policy import can, get_visible, require
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.documents.catalogue import codes, current, shipped
from casework.documents.enums import TemplateState
from casework.documents.filling import complete
from casework.documents.models import OwnTemplate
from casework.documents.services.rendering import draw, pages_of
from casework.documents.services.templates import activate_template, draft_template, retire_template
from casework.documents.spec import Template, read_template
from casework.documents.web.forms import TemplateForm
from casework.documents.web.pages import picture_of
from casework.web.forms import add_refusal
from casework.web.guards import commission_only
from casework.web.toast import toast

#: Pages of a sample that are shown; each is drawn when it is looked at.
SHOWN = 12


@require_safe
@commission_only
def listing(request: HttpRequest) -> HttpResponse:
    """All kinds with the version that is used."""
    own = {row.code: row for row in OwnTemplate.objects.filter(state=TemplateState.ACTIVE)}
    drafts = set(OwnTemplate.objects.filter(state=TemplateState.DRAFT).values_list("code", flat=True))
    rows = [(shipped()[code][0], own.get(code), code in drafts) for code in codes()]
    return render(request, "documents/templates.html", {"rows": rows})


def _chosen(code: str, which: str) -> tuple[Template, OwnTemplate | None]:
    if code not in shipped():
        raise Http404
    if which == "shipped":
        return shipped()[code][0], None
    if which == "draft":
        row = OwnTemplate.objects.filter(code=code, state=TemplateState.DRAFT).first()
        if row is None:
            raise Http404
        return read_template(row.source), row
    return current(code)


@require_safe
@commission_only
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """One kind: what it asks for, how it looks with sample data, its versions."""
    user = reader(request)
    which = request.GET.get("which", "")
    template, own = _chosen(code, which)
    pages = pages_of(draw(template, complete(template, template.sample), clock.today()))
    context = {
        "template": template,
        "own": own,
        "which": which,
        "pages": range(1, min(pages, SHOWN) + 1),
        "more": max(pages - SHOWN, 0),
        "versions": OwnTemplate.objects.filter(code=code).select_related("made_by", "activated_by").order_by("-number"),
        "may_draft": can(user, "document_template.draft"),
        "may_activate": own is not None
        and own.state == TemplateState.DRAFT
        and can(user, "document_template.activate", own),
        "may_retire": own is not None and own.state == TemplateState.ACTIVE and can(user, "document_template.activate"),
    }
    return render(request, "documents/template.html", context)


@require_safe
@commission_only
def page(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A page of the template with its sample data as a picture."""
    template, _own = _chosen(code, request.GET.get("which", ""))
    if not 0 < number <= SHOWN:
        raise Http404
    try:
        drawn = picture_of(draw(template, complete(template, template.sample), clock.today()), number - 1)
    except LookupError as error:
        raise Http404 from error
    response = HttpResponse(drawn, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@commission_only
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The commission's own version: checked and kept as a draft."""
    user = reader(request)
    if code not in shipped():
        raise Http404
    require(user, "document_template.draft")
    draft = OwnTemplate.objects.filter(code=code, state=TemplateState.DRAFT).first()
    start = draft.source if draft else current(code)[0].source
    first = {"source": start, "note": draft.note if draft else "", "version": draft.version if draft else 0}
    form = TemplateForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            draft_template(
                code,
                given["source"],
                note=given["note"],
                version=given["version"] or 0,
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已存为草稿，可以看样张。"))
            return redirect(f"{request.path.removesuffix('edit/')}?which=draft")
    context = {"form": form, "template": shipped()[code][0], "draft": draft}
    return render(request, "documents/template_edit.html", context, status=422 if form.is_bound else 200)


@require_POST
@commission_only
def switch(request: HttpRequest, pk: int, how: str) -> HttpResponse:
    """Switch an own version on or off."""
    user = reader(request)
    row: OwnTemplate = get_visible(OwnTemplate.objects, user, pk=pk)
    require(user, "document_template.activate", row if how == "on" else None)
    if how == "on":
        activate_template(row, actor=user, at=clock.now())
        toast(request, _("已启用“%(name)s”的本机关版本。") % {"name": row.name})
    else:
        retire_template(row, actor=user, at=clock.now())
        toast(request, _("已停用，改用产品自带的版本。"))
    return redirect("documents:template", row.code)
