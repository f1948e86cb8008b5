"""Bearer tokens: looked up by digest, bound to an owner and a scope."""

import hashlib
from datetime import timedelta
from typing import Any, Final

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from casework.accounts.backends import AccountBackend
from casework.accounts.models import Token, User
from casework.core import clock

#: That a token is in use is noted at most this often.
NOTED: Final = timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer cw_…``; the token sees what its owner sees, a read token changes nothing."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = clock.now()
        digest = hashlib.sha256(secret.strip().encode()).hexdigest()
        token = Token.objects.filter(digest=digest, revoked_at=None).first()
        owner = AccountBackend().get_user(token.owner_id) if token is not None else None
        if token is None or owner is None:
            raise exceptions.AuthenticationFailed(_("令牌无效。可以在“我的账号”里另发一个。"))
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


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the tokens in the OpenAPI schema."""

    target_class = TokenAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
