"""What the forms of all acts share: who, on which item, and that two act where the law wants two."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from casework.accounts.models import User
from casework.web.vocabulary import Text
from evidence.custody_workflow import intact_seal
from evidence.models import Item, Seal
from evidence.rules import seal_number
from evidence.web.people import PersonField, colleagues, usual_second


def ask_again(form: forms.Form, name: str, seal: Seal, data: dict[str, Any]) -> None:
    """Refuse the number once when it is not that of the seal; sent again unchanged for the same seal, it stands."""
    read = seal_number(data.get(name) or "")
    sure = f"{seal.pk} {read}"
    if not read or read == seal.number or data.get("sure") == sure:
        return
    form.data = {**form.data.dict(), "sure": sure} if isinstance(form.data, QueryDict) else {**form.data, "sure": sure}
    form.add_error(
        name, _("和记录不一致。请再看一遍封条；确是 %(read)s 的，再按一次，就登记账实不符。") % {"read": read}
    )


class ActForm(forms.Form):
    """One act. ``verb`` is the button, ``lead`` says what follows; ``submit`` makes the one service call."""

    verb: str | Promise = ""
    #: The field that takes what is read off the seal; a number that does not fit is asked for twice.
    read_off: ClassVar[str] = ""
    lead: str | Promise = ""
    solid: ClassVar[bool] = True

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    sure = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, item: Item, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item, self.user = item, user
        self.prepare()

    def prepare(self) -> None:
        """Set what depends on item and reader."""

    @property
    def paper(self) -> str:
        """The address of the paper that is printed and signed before this act is noted; "" where there is none."""
        return ""

    def facts(self) -> list[tuple[Text, Text]]:
        """Return what the reader should have before his eyes while he acts, as (label, value)."""
        return []

    def clean(self) -> dict[str, Any]:
        """Ask once more before a number that does not fit opens a discrepancy: most of them are slips of the eye."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.read_off in self.fields and (seal := intact_seal(self.item)) is not None:
            ask_again(self, self.read_off, seal, data)
        return data

    def submit(self, at: datetime) -> str:
        """Do the act and return the toast's sentence."""
        raise NotImplementedError

    def said(self, text: str) -> str:
        return text % {"number": self.item.number}

    def given(self, name: str) -> Any:
        return self.cleaned_data[name]


class Seconded(ActForm):
    """An act that the law gives to two."""

    second = PersonField(label=_l("另一名办理人员"), help_text=_l("二人以上进行，监察法第四十四条"))

    def prepare(self) -> None:
        self.choose_from(colleagues(self.item.compartment_id, self.user))

    def choose_from(self, people: QuerySet[User]) -> None:
        """Let the field offer these people, the usual one chosen; who stood by is still looked at and can be changed."""
        self.fields["second"].queryset = people  # type: ignore[attr-defined]
        self.fields["second"].initial = usual_second(self.item, self.user, people)

    @property
    def officers(self) -> tuple[User, User]:
        return (self.user, self.given("second"))
