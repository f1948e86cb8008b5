"""What the forms of all acts share: who, on which item, and that two act where the law wants two."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _l

from casework.accounts.models import User
from evidence.models import Item
from evidence.web.people import PersonField, colleagues, usual_second


class ActForm(forms.Form):
    """One act. ``verb`` is the button, ``lead`` says what follows; ``submit`` makes the one service call."""

    verb: str | Promise = ""
    lead: str | Promise = ""
    solid: ClassVar[bool] = True

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, item: Item, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item, self.user = item, user
        self.prepare()

    def prepare(self) -> None:
        """Set what depends on item and reader."""

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
