"""Erasing personal values of an entry: the form, the approvals, and what was erased on which basis."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_POST

from casework.accounts.models import User
from casework.accounts.requests import reader
from casework.core import clock
from casework.core.errors import Invalid
from casework.ledger.models import Entry, Erasure, ErasureApproval
from casework.ledger.selectors import may_read
from casework.ledger.services.erasures import NEEDED, approve_erasure, ask_erasure, erased, may_approve
from casework.ledger.web.changes import label_of
from casework.web.toast import toast
from casework.web.vocabulary import Text


class ErasureForm(forms.Form):
    """What is to be erased, and on which legal basis."""

    basis = forms.CharField(label=_l("法律依据"), max_length=200, help_text=_l("例如：个人信息保护法第四十七条第一款"))
    reason = forms.CharField(label=_l("事由"), max_length=500)
    names = forms.MultipleChoiceField(label=_l("删除哪些"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: object, present: dict[str, str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["names"].choices = [(name, label_of(name)) for name in present]  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Asked:
    """One erasure as the entry's page shows it."""

    erasure: Erasure
    asked_by: str
    approved_by: list[tuple[str, datetime]]
    done: bool
    missing: int
    names: list[Text]
    may_approve: bool


def erasures_of(entry: Entry, user: User) -> list[Asked]:
    """Return the erasures of an entry, newest first."""
    found = []
    for one in Erasure.objects.filter(entry_id=entry.pk).order_by("-id"):
        approvals = list(ErasureApproval.objects.filter(erasure_id=one.pk).order_by("id"))
        names = dict(
            User.objects.filter(pk__in=[one.asked_by, *(a.user_id for a in approvals)]).values_list("pk", "name")
        )
        done = erased(one)
        found.append(
            Asked(
                erasure=one,
                asked_by=names.get(one.asked_by, ""),
                approved_by=[(names.get(approval.user_id, ""), approval.at) for approval in approvals],
                done=done,
                missing=max(0, NEEDED - len(approvals)),
                names=[label_of(name) for name in one.names],
                may_approve=not done and may_approve(user, one),
            )
        )
    return found


def _entry(user: User, pk: int) -> Entry:
    row = Entry.objects.filter(pk=pk).first()
    if row is None or not user.is_commission or not may_read(user, row.ref):
        raise Http404
    return row


@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for an erasure of values of the entry."""
    user = reader(request)
    row = _entry(user, pk)
    form = ErasureForm(request.POST, present=dict.fromkeys(row.payload.get("_sd", {}), ""))
    if not form.is_valid():
        raise Invalid(_("不能申请删除：法律依据、事由和删除哪些都要写明。依据个人信息保护法第四十七条。"))
    ask_erasure(
        row,
        form.cleaned_data["names"],
        basis=form.cleaned_data["basis"],
        actor=user,
        at=clock.now(),
        reason=form.cleaned_data["reason"],
    )
    toast(request, _("已申请删除个人信息，等候两人批准。"))
    return HttpResponseRedirect(reverse("ledger:entry", args=[row.pk]))


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve an erasure; the second approval does it."""
    user = reader(request)
    erasure = Erasure.objects.filter(pk=pk).first()
    if erasure is None:
        raise Http404
    row = _entry(user, erasure.entry_id)
    approve_erasure(erasure, actor=user, at=clock.now())
    toast(request, _("已删除个人信息。条目仍可核验。") if erased(erasure) else _("已批准，还要一人批准。"))
    return HttpResponseRedirect(reverse("ledger:entry", args=[row.pk]))
