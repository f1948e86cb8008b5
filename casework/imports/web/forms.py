"""The upload."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.access.models import Compartment, compartments_of
from casework.access.policy import can
from casework.accounts.models import User
from casework.imports.registry import Kind, kinds
from casework.imports.rules import BadCell, parse_moment

#: What may be uploaded on a page; larger files go through ``manage.py import``.
MAX_MB = 200


class MomentField(forms.CharField):
    """A moment typed as 2021-07-31 18:00."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return forms.DateTimeField().clean(parse_moment(text))
        except BadCell as error:
            raise forms.ValidationError(_("看不懂“%(value)s”：%(why)s。") % {"value": text, "why": error}) from error


class UploadForm(forms.Form):
    """Which file, what is in it, and for monitoring lists when it was taken and who may know of it."""

    kind = forms.ChoiceField(label=gettext_lazy("种类"))
    file = forms.FileField(label=gettext_lazy("文件"), allow_empty_file=True)
    sampled_at = MomentField(label=gettext_lazy("采样时间"), required=False)
    compartment = forms.ModelChoiceField(
        label=gettext_lazy("知悉范围"), queryset=Compartment.objects.none(), required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = kinds_for(user)
        kind: Any = self.fields["kind"]
        kind.choices = [(found.name, found.label) for found in self.kinds]
        circle: Any = self.fields["compartment"]
        circle.queryset = Compartment.objects.filter(pk__in=compartments_of(user), closed_at__isnull=True).order_by(
            "pk"
        )
        if not any(found.in_compartment for found in self.kinds):
            del self.fields["sampled_at"], self.fields["compartment"]

    def clean_file(self) -> Any:
        """Refuse what is too large for a page."""
        file = self.cleaned_data["file"]
        if file.size > MAX_MB * 1024**2:
            raise forms.ValidationError(_("文件超过 %(mb)d MB。可以按时间分成几个文件。") % {"mb": MAX_MB})
        return file

    def clean(self) -> dict[str, Any]:
        """A monitoring list belongs to a compartment."""
        cleaned: dict[str, Any] = super().clean() or {}
        found = next((kind for kind in self.kinds if kind.name == cleaned.get("kind")), None)
        if found is not None and found.in_compartment and not cleaned.get("compartment"):
            self.add_error("compartment", _("监测清单只给该知道的人看；选一个知悉范围。"))
        return cleaned


def kinds_for(user: User) -> list[Kind]:
    """Return the kinds of list the user may import."""
    return [kind for kind in kinds().values() if can(user, kind.act)]
