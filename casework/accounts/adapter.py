"""Sign-in rules on top of allauth: accounts are opened by the system administrator, never by sign-up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library has no types
    """Closed system: no sign-up, no password reset by e-mail."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
