"""The page of an item, the forms of its acts, its files."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.policy import can, get_visible
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError, Stale
from casework.deadlines.models import Deadline
from casework.deadlines.selectors import current_calendar, deadline_facts, with_stops
from casework.deadlines.web.words import chip
from casework.files.responses import download
from casework.ledger.models import Entry
from casework.ledger.web.proof import proofs_of
from casework.web.forms import add_refusal
from casework.web.toast import toast
from evidence.enums import CheckOutState, DeviceKind, DiscrepancyKind, OfferState
from evidence.models import Item, ItemFile, ReceivedBundle
from evidence.panels import panels_for
from evidence.rules import DeviceFacts
from evidence.selectors.acts import acts_for
from evidence.selectors.desk import acts_to_confirm, offers_refused
from evidence.selectors.items import changes_of_hands, knows_content, parts_away, seal_facts, siblings_tree
from evidence.services import add_file, add_part, note_download, note_view
from evidence.web.chain import chain_of, unbroken
from evidence.web.forms import FORMS, OF_CONTENT
from evidence.web.people import PersonField, colleagues, reader, usual_second
from evidence.web.previews import copy_for, file_of
from evidence.web.received import shown

SEAL_KINDS = (DiscrepancyKind.SEAL_NUMBER, DiscrepancyKind.SEAL_BROKEN)
READS = ("item.viewed", "item.previewed", "item.downloaded", "item.bundled", "item.bundle_fetched")


def _item(request: HttpRequest, pk: int) -> Item:
    rows = Item.objects.select_related("collection__unit", "holder", "keeper", "parent", "compartment")
    found: Item = get_visible(rows, reader(request), pk=pk)
    return found


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 9 else None


def _reads(item: Item) -> Any:
    return Entry.objects.filter(ref=f"item:{item.pk}", kind__in=READS).order_by("-id")


def _read_rows(entries: Any) -> list[dict[str, Any]]:
    entries = list(entries)
    proofs = proofs_of(entries)
    return [
        {
            "at": entry.at,
            "who": _("、").join(actor["name"] for actor in entry.payload["actors"]),
            "kind": entry.kind,
            "state": proofs[entry.pk].state,
        }
        for entry in entries
    ]


def _clocks(item: Item, user: User) -> list[dict[str, Any]]:
    """Return the live clocks on the item that the reader may know of: to the store, back from outside, back to its owner."""
    today, now, calendar = clock.today(), clock.now(), current_calendar()
    rows = with_stops(Deadline.objects.visible_to(user).live().filter(ref=f"item:{item.pk}")).order_by("due_on", "pk")
    return [{"row": row, "chip": chip(deadline_facts(row, today, calendar), now)} for row in rows]


@require_safe
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One item: what it is, where, sealed or not, who had it, who looked at it."""
    user = reader(request)
    row = _item(request, pk)
    note_view(row, actor=user, at=clock.now())
    content = knows_content(row, user)
    chain = chain_of(row, _number(request.GET.get("before")))
    acts = acts_for(row, user)
    newest = Entry.objects.filter(ref=f"item:{row.pk}").exclude(kind__in=READS).order_by("-id").first()
    reads = _reads(row)
    tree, others = siblings_tree(row, user)
    today = clock.today()
    open_ones = (CheckOutState.REQUESTED, CheckOutState.APPROVED, CheckOutState.OUT)
    check_out = row.check_outs.filter(state__in=open_ones).select_related("requested_by", "receiver").first()
    discrepancies = list(row.discrepancies.filter(resolved_at=None).select_related("opened_by"))
    context = {
        "item": row,
        "content": content,
        "tree": tree,
        "others": others,
        "chain": chain,
        "links_said": unbroken(row, chain),
        "seal": seal_facts(row),
        "away": parts_away(row),
        "parts": row.parts.count(),
        "discrepancies": discrepancies,
        "seal_doubted": any(one.kind in SEAL_KINDS for one in discrepancies),
        "first": next((act for act in acts if act.next and not act.missing), None),
        "acts": acts,
        "newest": newest,
        "proof": proofs_of([newest])[newest.pk] if newest else None,
        "confirmable": acts_to_confirm(user).filter(item=row).count(),
        "has_sheet": changes_of_hands(row).exists(),
        "leaf": bytes(newest.leaf_hash).hex() if newest else "",
        "device": getattr(row, "device", None),
        "check_out": check_out,
        "offer": row.offers.filter(state=OfferState.OPEN).select_related("giver", "receiver").first(),
        "refused": offers_refused(user).filter(item=row).first(),
        "overdue": max(0, (today - check_out.due_on).days) if check_out and check_out.state == CheckOutState.OUT else 0,
        "holds": row.holds.filter(lifted_at=None).select_related("placed_by").order_by("pk"),
        "disposals": row.disposals.select_related("proposed_by", "approved_by", "done_by").order_by("-pk")[:3],
        "may_decide": can(user, "evidence.approve", row),
        "clocks": _clocks(row, user),
        "may_add_part": can(user, "evidence.collect", row) and row.holder_id == user.pk and content,
        "may_upload": can(user, "evidence.upload", row) and content,
        "may_download": can(user, "evidence.download", row) and content,
        "may_bundle": can(user, "evidence.bundle", row) and content,
    }
    if content:
        received = ReceivedBundle.objects.filter(item=row).select_related("received_by").first()
        context |= {
            "trail_url": reverse("ledger:trail", args=[f"item:{row.pk}"]),
            "received": received,
            "checked": shown(received) if received else None,
            "files": row.files.select_related("blob", "derived_from"),
            "reads": _read_rows(reads[:4]),
            "reads_count": reads.count(),
            "events": row.events.all(),
            "evidence_links": row.links.select_related("event__file"),
            "panels": panels_for(row, user),
        }
    return render(request, "evidence/item.html", context)


@require_safe
def reads(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody who looked at the item or took a file of it."""
    row = _item(request, pk)
    if not knows_content(row, reader(request)):
        raise Http404
    return render(request, "evidence/reads.html", {"item": row, "reads": _read_rows(_reads(row)[:500])})


@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, pk: int, page: str) -> HttpResponse:
    """The form of one act: drawn, checked, sent to its one service."""
    user = reader(request)
    row = _item(request, pk)
    form_class = FORMS.get(page)
    if form_class is None or (page in OF_CONTENT and not knows_content(row, user)):
        raise Http404
    data = request.POST if request.method == "POST" else None
    form = form_class(data, item=row, user=user, initial={"version": row.version})
    offered = next((one for one in acts_for(row, user) if one.page == page), None)
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data.get("version") not in (None, row.version):
                raise Stale(_("已被他人处理，请刷新后再办。您填写的内容仍在页面上。"))
            said = form.submit(clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, said)
            return _after(request, row)
    context = {
        "item": row,
        "form": form,
        "missing": offered.missing if offered else [],
        "verb": form.verb,
        "facts": form.facts(),
        "paper": form.paper,
        "refuse_url": reverse("evidence:act", args=[row.pk, "refuse"]) if page == "accept" and offered else "",
        "fields": [field for field in form if not field.is_hidden],
    }
    return render(request, "evidence/act.html", context, status=200 if data is None else 409)


def _after(request: HttpRequest, item: Item) -> HttpResponseRedirect:
    """Go back to the item, or to the list when the act took it out of the reader's hands and knowledge."""
    if Item.objects.visible_to(reader(request)).filter(pk=item.pk).exists():
        return redirect("evidence:item", pk=item.pk)
    return redirect("evidence:custody")


class PartForm(forms.Form):
    """A part of a rig: what it is and who stood by."""

    title = forms.CharField(label=_l("名称"), max_length=200)
    device_kind = forms.ChoiceField(label=_l("设备类别"), choices=DeviceKind.choices, initial=DeviceKind.GPU)
    make = forms.CharField(label=_l("品牌"), required=False, max_length=80)
    model = forms.CharField(label=_l("型号"), required=False, max_length=120)
    serial = forms.CharField(label=_l("序列号"), required=False, max_length=120)
    mac = forms.CharField(label=_l("MAC 地址"), required=False, max_length=40)
    features = forms.CharField(label=_l("特征"), required=False, max_length=500)
    second = PersonField(label=_l("另一名办理人员"))


@require_http_methods(["GET", "HEAD", "POST"])
def new_part(request: HttpRequest, pk: int) -> HttpResponse:
    """Register a part of an item."""
    user = reader(request)
    row = _item(request, pk)
    form = PartForm(request.POST or None)
    mates = colleagues(row.compartment_id, user)
    form.fields["second"].queryset = mates  # type: ignore[attr-defined]
    form.fields["second"].initial = usual_second(row, user, mates)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        facts = {name: given[name] for name in ("device_kind", "make", "model", "serial", "mac")}
        try:
            part = add_part(
                row,
                title=given["title"],
                features=given["features"],
                device=DeviceFacts(**facts),
                officers=(user, given["second"]),
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已登记部件 %(number)s。") % {"number": part.number})
            return redirect("evidence:new-part" if "more" in request.POST else "evidence:item", pk=row.pk)
    context = {"item": row, "form": form, "verb": _("登记部件"), "more": True, "fields": list(form)}
    return render(request, "evidence/act.html", context, status=409 if request.method == "POST" else 200)


class FileForm(forms.Form):
    """A file of an item; a working copy names its original."""

    file = forms.FileField(label=_l("文件"), help_text=_l("同时计算 SHA-256 和 SM3，原件不再改动"))
    derived_from = forms.ModelChoiceField(
        label=_l("由哪个原件制作"),
        queryset=ItemFile.objects.none(),
        required=False,
        empty_label=_l("这就是原件"),
        help_text=_l("工作副本填写"),
    )
    note = forms.CharField(label=_l("说明"), required=False, max_length=200)


@require_http_methods(["GET", "HEAD", "POST"])
def new_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Take in a file, streamed."""
    user = reader(request)
    row = _item(request, pk)
    if not knows_content(row, user):
        raise Http404
    form = FileForm(request.POST or None, request.FILES or None)
    originals = row.files.filter(original=True)
    form.fields["derived_from"].queryset = originals  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            file = add_file(
                row,
                upload.chunks(),
                name=upload.name,
                derived_from=form.cleaned_data["derived_from"],
                note=form.cleaned_data["note"],
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已上传“%(name)s”。") % {"name": file.name})
            return redirect("evidence:item", pk=row.pk)
    context = {
        "item": row,
        "form": form,
        "verb": _("上传文件"),
        "multipart": True,
        "uploads": reverse("item-uploads", args=[row.pk]),
        # Nothing can be made of an original before there is one.
        "fields": [field for field in form if field.name != "derived_from" or originals.exists()],
    }
    return render(request, "evidence/act.html", context, status=409 if request.method == "POST" else 200)


@require_safe
def file(request: HttpRequest, pk: int, file_pk: int) -> HttpResponseBase:
    """Hand a file out as a download, marked where the level asks; the ledger knows of it before the first byte leaves."""
    user = reader(request)
    found = file_of(request, pk, file_pk)
    if request.method == "HEAD":
        return HttpResponse(headers={"Content-Length": str(found.blob.size)})
    at = clock.now()
    if (copy := copy_for(found, user=user, at=at)) is not None:
        return copy
    note_download(found, actor=user, at=at)
    return download(found.blob, found.name, request.headers)
