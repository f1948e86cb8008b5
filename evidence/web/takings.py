"""Pages of takings: opening a list, putting items on it, closing it, printing it and the labels."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from casework.access.models import Compartment, compartments_of
from casework.access.policy import can, get_visible, require
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.core.later import later
from casework.files import previews
from casework.web.forms import add_refusal
from casework.web.toast import toast
from evidence.documents import device_words, format_of
from evidence.enums import DeviceKind, Kind, Measure, Signature
from evidence.models import Collection, Item, ItemFile
from evidence.rules import DeviceFacts
from evidence.services import close_collection, note_preview, open_collection, take_item
from evidence.web.people import PersonField, colleagues, only, reader
from units.models import Unit

if TYPE_CHECKING:
    import segno
else:
    segno = later("segno")


def qr(text: str) -> SafeString:
    """Return the text as a QR picture: SVG of attributes alone, error correction M."""
    code = segno.make(text, error="m", micro=False)
    return SafeString(code.svg_inline(scale=4, border=2, svgclass="qr-svg", lineclass=None, omitsize=True))


def _collection(request: HttpRequest, pk: int) -> Collection:
    rows = Collection.objects.select_related("unit", "compartment", "created_by")
    found: Collection = get_visible(rows, reader(request), pk=pk)
    return found


def _open_compartments(user: User) -> QuerySet[Compartment]:
    return Compartment.objects.filter(pk__in=compartments_of(user), closed_at=None).order_by("-created_at")


class CollectionForm(forms.Form):
    """The head of a list."""

    compartment = forms.ModelChoiceField(
        label=_l("所属事项"),
        queryset=Compartment.objects.none(),
        help_text=_l("只有其成员能看到这份清单"),
        empty_label="—",
    )
    measure = forms.ChoiceField(label=_l("措施"), choices=Measure.choices)
    basis = forms.CharField(label=_l("批准文书"), required=False, max_length=120)
    place = forms.CharField(label=_l("地点"), max_length=200)
    unit = forms.ModelChoiceField(
        label=_l("单位"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label="—",
        widget=forms.Select(attrs={"data-choose": ""}),
    )
    second = PersonField(label=_l("另一名办理人员"), help_text=_l("二人以上进行，监察法第四十四条"))
    holder_name = forms.CharField(label=_l("持有人"), required=False, max_length=80)
    witness_name = forms.CharField(label=_l("见证人"), required=False, max_length=80)
    witness_note = forms.CharField(label=_l("没有见证人的原因"), required=False, max_length=200)
    recording_ref = forms.CharField(label=_l("全程录音录像编号"), required=False, max_length=120)
    note = forms.CharField(label=_l("情况说明"), required=False, widget=forms.Textarea(attrs={"rows": 3}))


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open a list."""
    user = reader(request)
    require(user, "evidence.collect")
    form = CollectionForm(request.POST or None)
    circles = _open_compartments(user)
    form.fields["compartment"].queryset = circles  # type: ignore[attr-defined]
    form.fields["unit"].queryset = Unit.objects.order_by("name")  # type: ignore[attr-defined]
    mates = User.objects.filter(
        pk__in=[pk for circle in circles for pk in colleagues(circle.pk, user).values_list("pk", flat=True)]
    )
    form.fields["second"].queryset = mates.select_related("organisation")  # type: ignore[attr-defined]
    form.fields["second"].initial = only(mates)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        second = given.pop("second")
        measure = Measure(given.pop("measure"))
        try:
            row = open_collection(**given, measure=measure, officers=(user, second), actor=user, at=clock.now())
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已开始提取，清单 %(number)s。") % {"number": row.number})
            return redirect("evidence:collection", pk=row.pk)
    context = {"form": form, "verb": _("开始提取"), "fields": list(form)}
    return render(request, "evidence/act.html", context, status=409 if request.method == "POST" else 200)


@require_safe
def collection(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: where, who, what was taken."""
    user = reader(request)
    row = _collection(request, pk)
    items = row.items.filter(parent=None).select_related("holder", "device").order_by("position")
    context = {
        "collection": row,
        "items": items,
        "officers": row.officers.select_related("user").order_by("pk"),
        "may_take": row.ended_at is None and can(user, "evidence.collect", row),
        "parts": row.items.exclude(parent=None).count(),
    }
    return render(request, "evidence/collection.html", context)


class ItemForm(forms.Form):
    """One line of the list."""

    kind = forms.ChoiceField(label=_l("种类"), choices=Kind.choices)
    title = forms.CharField(label=_l("名称"), max_length=200)
    quantity = forms.IntegerField(label=_l("数量"), min_value=1, initial=1)
    quantity_unit = forms.CharField(label=_l("单位"), max_length=10, initial="件")
    features = forms.CharField(label=_l("特征"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    source = forms.CharField(label=_l("来源"), required=False, max_length=200)
    found_where = forms.CharField(label=_l("发现位置"), required=False, max_length=200)
    hidden_how = forms.CharField(label=_l("隐匿方式"), required=False, max_length=200)
    device_kind = forms.ChoiceField(
        label=_l("设备类别"), choices=[("", _l("不是设备")), *DeviceKind.choices], required=False
    )
    make = forms.CharField(label=_l("品牌"), required=False, max_length=80)
    model = forms.CharField(label=_l("型号"), required=False, max_length=120)
    serial = forms.CharField(label=_l("序列号"), required=False, max_length=120)
    mac = forms.CharField(label=_l("MAC 地址"), required=False, max_length=40)
    hash_rate = forms.CharField(label=_l("算力"), required=False, max_length=60)
    watts = forms.IntegerField(label=_l("实测功率"), required=False, min_value=0, help_text=_l("瓦"))
    software = forms.CharField(label=_l("“挖矿”程序"), required=False, max_length=120)
    second = PersonField(label=_l("另一名办理人员"))


_DEVICE = ("device_kind", "make", "model", "serial", "mac", "hash_rate", "watts", "software")


@require_http_methods(["GET", "HEAD", "POST"])
def new_item(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an item on the list."""
    user = reader(request)
    row = _collection(request, pk)
    form = ItemForm(request.POST or None)
    people = User.objects.filter(pk__in=row.officers.values("user_id")).exclude(pk=user.pk)
    form.fields["second"].queryset = people.select_related("organisation")  # type: ignore[attr-defined]
    form.fields["second"].initial = only(people)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        facts = {name: given.pop(name) for name in _DEVICE}
        second, kind = given.pop("second"), Kind(given.pop("kind"))
        try:
            item = take_item(
                row,
                **given,
                kind=kind,
                device=DeviceFacts(**facts) if facts["device_kind"] else None,
                officers=(user, second),
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("已登记证物 %(number)s。") % {"number": item.number})
            if "more" in request.POST:
                return redirect("evidence:new-item", pk=row.pk)
            return redirect("evidence:item", pk=item.pk)
    context = {"collection": row, "form": form, "verb": _("登记证物"), "more": True, **_folded(form)}
    return render(request, "evidence/act.html", context, status=409 if request.method == "POST" else 200)


def _folded(form: ItemForm) -> dict[str, Any]:
    """Return the fields of every item, and apart from them those of a device, folded until needed."""
    device = [form[name] for name in _DEVICE]
    opened = any(form[name].errors or form[name].value() for name in _DEVICE)
    rest = [bound for bound in form if bound.name not in _DEVICE]
    return {"fields": rest[:-1], "folded": device, "folded_open": opened, "last": rest[-1:]}


class CloseForm(forms.Form):
    """How the holder signed."""

    holder_signature = forms.ChoiceField(label=_l("持有人签名"), choices=Signature.choices)
    signature_note = forms.CharField(label=_l("未签名的原因"), required=False, max_length=200)


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the list; nothing is added to it afterwards."""
    user = reader(request)
    row = _collection(request, pk)
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            close_collection(
                row,
                holder_signature=Signature(form.cleaned_data["holder_signature"]),
                signature_note=form.cleaned_data["signature_note"],
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("清单 %(number)s 已结束。") % {"number": row.number})
            return redirect("evidence:collection", pk=row.pk)
    context = {"collection": row, "form": form, "verb": _("结束提取"), "fields": list(form)}
    return render(request, "evidence/act.html", context, status=409 if request.method == "POST" else 200)


def _lines(collection: Collection) -> list[Item]:
    rows = (
        collection.items.filter(parent=None)
        .select_related("device")
        .prefetch_related(
            Prefetch("files", ItemFile.objects.filter(original=True).select_related("blob")),
            Prefetch("parts", Item.objects.select_related("device").order_by("position")),
            "seals",
        )
    )
    return list(rows.order_by("position"))


def _titles(collection: Collection) -> dict[str, str]:
    """Return the titles of the three papers: what was taken, what was sealed, which data."""
    return {
        "": _("%(measure)s财物、文件清单") % {"measure": collection.get_measure_display()},
        "sealing": _("封存清单"),
        "electronic": _("电子数据提取清单"),
    }


def _photos(items: list[Item], user: User) -> dict[int, list[tuple[ItemFile, str]]]:
    """Return up to six pictures of each item as small drawings of our own; each look is written down."""
    found: dict[int, list[tuple[ItemFile, str]]] = {}
    for item in items:
        for file in [one for one in item.files.all() if one.blob.media_type.startswith("image/")][:6]:
            note_preview(file, actor=user, at=clock.now())
            try:
                drawn = previews.drawing(file.blob.sha256, 0, "", width=360)
            except (FileNotFoundError, LookupError):
                continue
            found.setdefault(item.pk, []).append((file, base64.b64encode(drawn).decode()))
    return found


@require_safe
def seizure_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The list for printing, in three copies: holder, keeper, file."""
    row = _collection(request, pk)
    user, kind = reader(request), request.GET.get("kind", "")
    lines = _lines(row)
    if kind == "electronic":
        lines = [item for item in lines if item.files.all()]
    elif kind == "sealing":
        lines = [item for item in lines if item.seals.all()]
    else:
        kind = ""
    photos = _photos(lines, user) if "photos" in request.GET and can(user, "evidence.download", row) else {}
    for item in lines:
        for part in (item, *item.parts.all()):
            part.told = _("；").join(device_words(getattr(part, "device", None)))
        for file in item.files.all():
            size = ngettext("%(n)s 字节", "%(n)s 字节", file.blob.size) % {"n": f"{file.blob.size:,}"}
            file.told = f"{format_of(file)}，{size}"
    context = {
        "collection": row,
        "kind": kind,
        "title": _titles(row)[kind],
        "items": lines,
        "photos": [(item, photos[item.pk]) for item in lines if item.pk in photos],
        "officers": row.officers.select_related("user").order_by("pk"),
        "copies": [_("一联 交持有人"), _("二联 交保管部门"), _("三联 附卷")],
    }
    return render(request, "evidence/seizure_list.html", context)


@require_safe
def labels(request: HttpRequest, pk: int) -> HttpResponse:
    """The labels of all items of the list, parts too, to be printed on one sheet."""
    row = _collection(request, pk)
    items = row.items.select_related("device").prefetch_related("seals").order_by("number")
    return render(
        request,
        "evidence/labels.html",
        {"labels": [{"item": item, "qr": qr(item.number)} for item in items], "back": row, "collection": row},
    )


@require_safe
def label(request: HttpRequest, pk: int) -> HttpResponse:
    """The label of one item and of its parts."""
    item: Item = get_visible(Item.objects.select_related("collection"), reader(request), pk=pk)
    items = [item, *item.parts.order_by("number")]
    return render(
        request,
        "evidence/labels.html",
        {"labels": [{"item": one, "qr": qr(one.number)} for one in items], "item": item},
    )
