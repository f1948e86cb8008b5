"""Signing in by user name, as allauth does it."""

from allauth.account.auth_backends import AuthenticationBackend

from casework.accounts.models import User


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types here
    """Reads the user of a session together with his organisation, which every page names."""

    def get_user(self, user_id: int) -> User | None:
        """Return the user of that key when he may still sign in, else None."""
        user = User.objects.select_related("organisation").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
