"""Bearer tokens: looked up by digest, bound to an owner and a scope."""

import hashlib
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from casework.accounts.middleware import set_database_actor
from casework.accounts.models import Token, User
from casework.core import clock


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer cw_…``; the token sees what its owner sees, a read token changes nothing."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = clock.now()
        token = (
            Token.objects.select_related("owner__organisation")
            .filter(digest=hashlib.sha256(secret.strip().encode()).hexdigest(), revoked_at=None)
            .first()
        )
        if token is None or not token.owner.is_active:
            raise exceptions.AuthenticationFailed(_("令牌无效。可以在“我的账号”里另发一个。"))
        if token.expires_at <= now:
            raise exceptions.AuthenticationFailed(_("令牌已过期。可以在“我的账号”里另发一个。"))
        if token.scope == Token.Scope.READ and request.method not in SAFE_METHODS:
            raise exceptions.PermissionDenied(_("这个令牌只能读取。可以换用读写令牌。"))
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
        set_database_actor(token.owner_id)
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the tokens in the OpenAPI schema."""

    target_class = TokenAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
