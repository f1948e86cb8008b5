"""Taking in a bundle of another house."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods

from casework.access.policy import get_visible, require
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.web.forms import add_refusal
from casework.web.toast import toast
from evidence.models import Collection
from evidence.services.received import receive_bundle
from evidence.web.people import PersonField, reader


class ReceiveForm(forms.Form):
    """The archive and what it is checked with."""

    file = forms.FileField(label=_l("取证包"), help_text=_l("ZIP 压缩包，按原样保存"))
    vkey = forms.CharField(
        label=_l("对方账本的公钥"), required=False, max_length=300, help_text=_l("从纸面抄录；不填则只用包内的公钥核验")
    )
    source = forms.CharField(label=_l("来源"), required=False, max_length=200)
    second = PersonField(label=_l("另一名办理人员"))


@require_http_methods(["GET", "HEAD", "POST"])
def receive(request: HttpRequest, pk: int) -> HttpResponse:
    """Check a bundle and put it on the list."""
    user = reader(request)
    row = get_visible(Collection.objects, user, pk=pk)
    require(user, "evidence.collect", row)
    form = ReceiveForm(request.POST or None, request.FILES or None)
    people = User.objects.filter(pk__in=row.officers.values("user_id")).exclude(pk=user.pk)
    form.fields["second"].queryset = people.select_related("organisation")  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            received = receive_bundle(
                row,
                given["file"].chunks(),
                name=given["file"].name,
                vkey=given["vkey"],
                source=given["source"],
                officers=(user, given["second"]),
                actor=user,
                at=clock.now(),
            )
        except CaseworkError as error:
            add_refusal(form, error)
        else:
            toast(request, _("取证包核验完好，已登记为 %(number)s。") % {"number": received.item.number})
            return redirect("evidence:item", pk=received.item_id)
    context = {
        "collection": row, "form": form, "verb": _("接收取证包"), "multipart": True, "fields": list(form),
    }  # fmt: skip
    return render(request, "evidence/act.html", context, status=409 if request.method == "POST" else 200)
