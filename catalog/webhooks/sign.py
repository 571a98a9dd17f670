"""Signatures as https://www.standardwebhooks.com has them, so that receivers need no code of their own."""

import base64
import hashlib
import hmac
import secrets

from django.utils.crypto import salted_hmac

from catalog.webhooks.models import Webhook

PREFIX = "whsec_"


def new_salt() -> str:
    return secrets.token_urlsafe(24)


def secret_of(webhook: Webhook) -> str:
    """What its receiver checks signatures with. The database alone does not tell it: SECRET_KEY is needed too."""
    return PREFIX + base64.b64encode(key_of(webhook)).decode()


def key_of(webhook: Webhook) -> bytes:
    return salted_hmac("catalog.webhooks", webhook.salt, algorithm="sha256").digest()


def signed_headers(webhook: Webhook, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """`timestamp`: seconds since 1970, of this attempt; receivers refuse old ones, which others might repeat."""
    content = b"%s.%d.%s" % (event_id.encode(), timestamp, body)
    signature = base64.b64encode(hmac.digest(key_of(webhook), content, hashlib.sha256)).decode()
    return {"webhook-id": event_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}
