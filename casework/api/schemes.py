"""How the OpenAPI schema describes who asks. The library looks for these classes; the addresses of the whole load them."""

from typing import Any

from drf_spectacular.authentication import SessionScheme as SpectacularSessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from casework.api.authentication import SessionAuthentication, TokenAuthentication


class SessionScheme(SpectacularSessionScheme):  # type: ignore[no-untyped-call]
    """Describes the sessions in the OpenAPI schema, as the library does."""

    target_class = SessionAuthentication  # type: ignore[assignment]


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the tokens in the OpenAPI schema."""

    target_class = TokenAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
