"""How programs sign in: `Authorization: Bearer sl_...`. And how the schema says so."""

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, BasicAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from access.errors import MissingScope
from access.models import Token
from access.scopes import SCOPES
from access.tokens import find_token

SAFE = ("GET", "HEAD", "OPTIONS")


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple | None:
        """None where no token was sent: others may know who it is. Raises AuthenticationFailed."""
        kind, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = find_token(secret.strip())
        if token is None:
            raise AuthenticationFailed("This token is not known, has expired or was revoked.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Sightline"'


class WrongPasswords(SimpleRateThrottle):
    """Counted for each address together with what it tries at the sign-in page. Right ones cost nothing."""

    scope = "sign-ins"

    def get_cache_key(self, request: Request, view) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}

    def too_many(self, request: Request) -> bool:
        """Without counting one."""
        self.now = self.timer()
        since = self.now - self.duration
        self.history = [at for at in self.cache.get(self.get_cache_key(request, None), []) if at > since]
        return len(self.history) >= self.num_requests


class PasswordAuthentication(BasicAuthentication):
    """A name and a password, for a person with curl. Guessing is stopped as at the sign-in page.

    A password takes long to check, on purpose: nobody may have very many checked, whatever the names.
    """

    def authenticate_credentials(self, userid: str, password: str, request: Request | None = None) -> tuple:
        wrong = WrongPasswords()
        if wrong.too_many(request):
            raise Throttled(wrong.wait(), "Too many wrong passwords from your network.")
        try:
            return super().authenticate_credentials(userid, password, request)
        except AuthenticationFailed:
            wrong.allow_request(request, None)
            if getattr(request, "axes_locked_out", False):
                wait = settings.AXES_COOLOFF_TIME.total_seconds()
                raise Throttled(wait, "Too many wrong passwords for this name.") from None
            raise


class InScope(BasePermission):
    """The person may do it, and a token was made for it. The view says `scope`, and `write_scope` where it differs."""

    def has_permission(self, request: Request, view) -> bool:
        scope = scope_of(view, request.method)
        if scope not in SCOPES or not request.user.has_perm(SCOPES[scope].permission):
            return False
        if isinstance(request.auth, Token) and scope not in request.auth.scopes:
            raise MissingScope(f"This token was not made for {scope}.")
        return True


def scope_of(view, method: str) -> str:
    """Empty for a view that names none: nobody may."""
    scope = getattr(view, "scope", "")
    return scope if method in SAFE else getattr(view, "write_scope", scope)


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "access.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema) -> dict:
        text = "A token from /manage/tokens/. It may do what its scopes name, as long as its person may."
        return {"type": "http", "scheme": "bearer", "description": text}


class PasswordScheme(OpenApiAuthenticationExtension):
    target_class = "access.authentication.PasswordAuthentication"
    name = "password"

    def get_security_definition(self, auto_schema) -> dict:
        return {"type": "http", "scheme": "basic"}
