"""Who may not keep or decide on an item because he has a part in the matter.

Which case an item serves is known above only, so those apps register what they know.
"""

from collections.abc import Callable

from django.utils.translation import gettext as _

from casework.accounts.models import User
from evidence.models import CollectionOfficer, Item

#: Returns why the person has a part in the matter, as half a sentence (您是本案承办人), or "".
ConflictCheck = Callable[[Item, User], str]

_checks: list[ConflictCheck] = []


def register_conflict_check(check: ConflictCheck) -> None:
    """Add a check, once; called when an app that knows more of the matter loads."""
    if check not in _checks:
        _checks.append(check)


def conflict(item: Item, user: User) -> str:
    """Return why the person may neither keep nor decide on the item, or ""."""
    if CollectionOfficer.objects.filter(collection_id=item.collection_id, user=user).exists():
        return _("%(name)s是提取这件证物的人员") % {"name": user.name}
    for check in _checks:
        if reason := check(item, user):
            return reason
    return ""
