"""Making, knowing and revoking tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from access.models import Token

MARK = "sl_"  # scanners for leaked secrets look for such beginnings
PREFIX_LENGTH = len(MARK) + 6
NOTED_EVERY = timedelta(minutes=1)
SHOWN = 200


def make_token(user, name: str, scopes: list[str], expires_at: datetime | None) -> tuple[Token, str]:
    """The row, and the token itself, which nobody can read again."""
    secret = MARK + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=user,
        name=name,
        prefix=secret[:PREFIX_LENGTH],
        digest=digest(secret),
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    return token, secret


def digest(secret: str) -> str:
    """A token is 256 random bits: nobody guesses them, so a fast hash does."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_token(secret: str) -> Token | None:
    """The valid token of an active person; None for any other text."""
    token = valid().select_related("user").filter(digest=digest(secret), user__is_active=True).first()
    if token:
        note_use(token)
    return token


def valid() -> QuerySet[Token]:
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return Token.objects.filter(unexpired, revoked_at=None)


def note_use(token: Token) -> None:
    """Once a minute is enough to see which tokens are in use."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > NOTED_EVERY:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)


def tokens_for(user) -> QuerySet[Token]:
    """Those a person sees and can revoke: their own; the owner's are all."""
    tokens = Token.objects.select_related("user")
    return tokens if user.is_superuser else tokens.filter(user=user)


def revoke(user, token_id: int) -> bool:
    """False where there is no such token to revoke."""
    return tokens_for(user).filter(pk=token_id, revoked_at=None).update(revoked_at=timezone.now()) == 1


def listed(tokens: QuerySet[Token]) -> list[Token]:
    """The newest, each with `state`: in use, expired, or revoked."""
    now = timezone.now()
    shown = list(tokens[:SHOWN])
    for token in shown:
        expired = token.expires_at is not None and token.expires_at <= now
        token.state = "revoked" if token.revoked_at else "expired" if expired else "valid"
    return shown
