"""Sessions in the database, read by one plain statement: every request begins with it."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.core import signing
from django.utils import timezone

from casework.accounts.backends import read_asker
from casework.accounts.models import User
from casework.accounts.remembered import forget, whose
from casework.core.statements import prepared

#: The moment is selected, as in ``backends``: the planner does not look at it and keeps one plan.
_READ = "select session_data from django_session where session_key = %s and expire_date > (select %s)"


class _AsSigned:
    """A serializer that gives the text as it was signed."""

    def dumps(self, obj: bytes) -> bytes:
        return obj

    def loads(self, data: bytes) -> bytes:
        return data


@lru_cache(maxsize=1000)
def _verified(text: str, salt: str, _key: str) -> bytes:
    """Return what was signed; the same text is the same as long as the key is."""
    found: bytes = signing.loads(text, salt=salt, serializer=_AsSigned)
    return found


class SessionStore(db.SessionStore):
    """Django's own store; what it reads is not built anew as a query each time, which took a tenth of a small answer.

    Its name is part of what signs the data: sessions that the other store wrote are read too.
    """

    def load(self) -> dict[str, Any]:
        """Return what the session holds; an unknown or expired one is empty and gets a key of its own when written."""
        with prepared() as cursor:
            cursor.execute(_READ, [self.session_key, timezone.now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return self._told(row[0])

    def load_with_asker(self, *, page: bool) -> User | None:
        """Read the session and whose it was last time by one statement; None leaves both to be read as usual."""
        key = self.session_key
        user_id = whose(key)
        if key is None or user_id is None:
            return None
        found = read_asker(user_id, (_READ, (key, timezone.now())), page=page)
        if found is None:  # ended, or its user may not sign in any more
            forget(key)
            return None
        user, (text,) = found
        self._session_cache = self._told(text)
        return user

    def _told(self, text: str) -> dict[str, Any]:
        """Return what a session's text holds."""
        try:
            found: dict[str, Any] = self.serializer().loads(_verified(text, self.key_salt, settings.SECRET_KEY))
        except Exception:  # noqa: BLE001  (whatever is wrong with it, Django's own way says what becomes of it)
            found = self.decode(text)
        return found
