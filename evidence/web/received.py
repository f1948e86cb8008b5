"""Taking in a bundle of another house."""

import re
from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from casework.access.policy import get_visible, require
from casework.accounts.models import User
from casework.core import clock
from casework.core.errors import CaseworkError
from casework.ledger import verify
from casework.web.forms import add_refusal
from casework.web.toast import toast
from evidence.models import Collection, ReceivedBundle
from evidence.services.received import receive_bundle
from evidence.web.people import PersonField, only, reader


class ReceiveForm(forms.Form):
    """The archive and what it is checked with."""

    file = forms.FileField(label=_l("取证包"), help_text=_l("ZIP 压缩包，按原样保存"))
    vkey = forms.CharField(
        label=_l("对方账本的公钥"),
        required=False,
        max_length=300,
        help_text=_l("从对方另行送达的纸面抄录；不填则只用包内的公钥，核验说明不了是谁签的"),
    )
    lead = _l(
        "先核验再登记：每个文件的摘要、账本条目逐条相接、证明能推到已签名的检查点。有一处不符就不收，什么也不登记。"
        "压缩包按原样保存，证明留在里面，以后随时可以重新核验。"
    )
    source = forms.CharField(label=_l("来源"), required=False, max_length=200)
    second = PersonField(label=_l("另一名办理人员"))


@dataclass(frozen=True)
class Shown:
    """What checking a bundle showed, and what it did not."""

    word: str
    sure: bool  # signed with a key that did not come with the bundle
    proven: list[str]
    unproven: list[str]


def shown(received: ReceivedBundle) -> Shown:
    """Return in words what the verifier found when the bundle came in."""
    said = received.said
    proofs = _number(r"其中 (\d+) 条证明", said)
    waiting = _number(r"注意：(\d+) 条还没有证明", said)
    inside = verify.INSIDE in said
    proven = [
        ngettext("%(n)s 个文件与包内清单的摘要一致", "%(n)s 个文件与包内清单的摘要一致", received.files)
        % {"n": received.files}
    ]
    if received.entries:
        proven.append(_("账本条目 %(n)s 条逐条相接，没有缺号") % {"n": received.entries})
    if proofs and inside:
        proven.append(_("%(n)s 条推得到包内的检查点，用包内的公钥核对") % {"n": proofs})
    elif proofs:
        proven.append(_("%(n)s 条推得到检查点，用另行抄录的公钥核对，确由该账本签发") % {"n": proofs})
    unproven = []
    if inside:
        unproven.append(_("是谁签的：公钥随包而来，只说明装包后前后一致。可以向对方索取纸面公钥，重新接收"))
    if not proofs:
        unproven.append(_("没有账本证明：只说明文件与清单一致，清单本身可能后改"))
    if waiting:
        unproven.append(
            ngettext("%(n)s 条还没有进入已签名的检查点", "%(n)s 条还没有进入已签名的检查点", waiting) % {"n": waiting}
        )
    unproven.append(_("内容是否真实、提取是否合法：须另行审查"))
    sure = bool(proofs) and not inside
    return Shown(_("核验完好") if sure else _("前后一致"), sure, proven, unproven)


def _number(pattern: str, said: str) -> int:
    found = re.search(pattern, said)
    return int(found[1]) if found else 0


@require_http_methods(["GET", "HEAD", "POST"])
def receive(request: HttpRequest, pk: int) -> HttpResponse:
    """Check a bundle and put it on the list."""
    user = reader(request)
    row = get_visible(Collection.objects, user, pk=pk)
    require(user, "evidence.collect", row)
    form = ReceiveForm(request.POST or None, request.FILES or None)
    people = User.objects.filter(pk__in=row.officers.values("user_id")).exclude(pk=user.pk)
    form.fields["second"].queryset = people.select_related("organisation")  # type: ignore[attr-defined]
    form.fields["second"].initial = only(people)
    faults: list[str] = []
    more = 0
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
            faults, more = error.details.get("faults", []), error.details.get("more", 0)
        else:
            toast(request, _("取证包核验完好，已登记为 %(number)s。") % {"number": received.item.number})
            return redirect("evidence:item", pk=received.item_id)
    context = {
        "collection": row, "form": form, "verb": _("接收取证包"), "multipart": True, "fields": list(form),
        "faults": faults, "more_faults": more,
    }  # fmt: skip
    return render(request, "evidence/act.html", context, status=409 if request.method == "POST" else 200)
