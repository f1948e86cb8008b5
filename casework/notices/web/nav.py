"""The papers of the ladder in the side bar."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from casework.access.policy import can
from casework.accounts.enums import COMMISSION, Role
from casework.accounts.models import User
from casework.notices.models import Letter, LetterState
from casework.web.nav import TOP, register


def to_sign(user: User) -> QuerySet[Any]:
    """Return the papers that wait for this reader's signature."""
    rows = Letter.objects.visible_to(user).filter(state=LetterState.READY)
    return rows if can(user, "letter.sign") else rows.none()


register(TOP, _("督办文书"), "mail", "notices:letters", roles={*COMMISSION, Role.AUDITOR}, waiting=to_sign, order=32)
