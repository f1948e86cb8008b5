"""Bearer tokens: looked up by digest, bound to an owner and a scope."""

import hashlib
from datetime import timedelta
from typing import Final

from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from casework.accounts.backends import AccountBackend, read_asker
from casework.accounts.models import Token, User
from casework.accounts.remembered import forget, remember, whose
from casework.core import clock

#: That a token is in use is noted at most this often.
NOTED: Final = timedelta(minutes=1)


#: Reads a token by its digest; its columns in the order of the model.
_COLUMNS: Final = [field.attname for field in Token._meta.concrete_fields]
_READ: Final = f"select {', '.join(_COLUMNS)} from accounts_token where digest = %s and revoked_at is null"  # noqa: S608


def _read(digest: str) -> tuple[Token, User] | None:
    """Return the token and its owner, by one statement where it can be guessed whose it is; None without one of them."""
    owner_id = whose(digest)
    found = None if owner_id is None else read_asker(owner_id, (_READ, (digest,)))
    if found is not None:
        token = Token.from_db(DEFAULT_DB_ALIAS, _COLUMNS, found[1])
        if token.owner_id == found[0].pk:
            return token, found[0]
    forget(digest)
    read = Token.objects.filter(digest=digest, revoked_at=None).first()
    owner = AccountBackend().get_user(read.owner_id) if read is not None else None
    if read is None or owner is None:
        return None
    remember(digest, owner.pk)
    return read, owner


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer cw_…``; the token sees what its owner sees, a read token changes nothing."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        scheme, _space, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = clock.now()
        found = _read(hashlib.sha256(secret.strip().encode()).hexdigest())
        if found is None:
            raise exceptions.AuthenticationFailed(_("令牌无效。可以在“我的账号”里另发一个。"))
        token, owner = found
        if token.expires_at <= now:
            raise exceptions.AuthenticationFailed(_("令牌已过期。可以在“我的账号”里另发一个。"))
        if token.scope == Token.Scope.READ and request.method not in SAFE_METHODS:
            raise exceptions.PermissionDenied(_("这个令牌只能读取。可以换用读写令牌。"))
        if token.last_used_at is None or not timedelta(0) <= now - token.last_used_at < NOTED:
            Token.objects.filter(pk=token.pk).update(last_used_at=now)
        if request.method not in SAFE_METHODS:
            owner.known_of = None  # what is written may change it
        token.owner = owner
        return owner, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """Whoever has signed in; what changes something must come from our own pages (CSRF)."""

    def enforce_csrf(self, request: Request) -> None:
        """Refuse a writing request without our mark; reading ones need none, so nothing is built to find that out."""
        if request.method not in SAFE_METHODS:
            super().enforce_csrf(request)
