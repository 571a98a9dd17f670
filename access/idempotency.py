"""A POST that comes again with the same Idempotency-Key is done once and answered the same.

What a request does and what was answered to it are committed together, under a lock that the database drops when its
connection ends. So a process that is killed leaves either both or neither, and no key that is taken for ever.
An answer that refuses has changed nothing, and is not kept.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from access.errors import BadKey, KeyInUse, KeyReused
from access.models import Answer

HEADER = "Idempotency-Key"
LONGEST = 255
KEPT = timedelta(hours=24)
KEPT_HEADERS = ("Location",)
PURGED_AT_ONCE = 5_000


def once_per_key(post: Callable[..., Response]) -> Callable[..., Response]:
    """A decorator of an API view's `post`. Without the header nothing is different."""

    @wraps(post)
    def door(view, request: Request, *args, **kwargs) -> Response | HttpResponse:
        key = request.headers.get(HEADER)
        if key is None:
            return post(view, request, *args, **kwargs)
        check(key)
        asked = fingerprint(request)
        with transaction.atomic():
            take_turn(request.user.pk, key)
            if kept := kept_answer(request.user.pk, key):
                return answer_again(kept, asked)
            answer = post(view, request, *args, **kwargs)
            keep(request, key, asked, answer)
            return answer

    door.once_per_key = True
    return door


def check(key: str) -> None:
    if not 0 < len(key) <= LONGEST or not all("!" <= letter <= "~" for letter in key):
        raise BadKey


def take_turn(user_id: int, key: str) -> None:
    """Hold the key until the transaction ends. Raises KeyInUse while another request holds it."""
    number = int.from_bytes(hashlib.sha256(f"{user_id} {key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise KeyInUse


def kept_answer(user_id: int, key: str) -> Answer | None:
    """One that is too old is as if it had never been given."""
    kept = Answer.objects.filter(user=user_id, key=key).first()
    if kept and kept.created_at < timezone.now() - KEPT:
        kept.delete()
        return None
    return kept


def answer_again(kept: Answer, asked: str) -> HttpResponse:
    """Raises KeyReused for another request."""
    if kept.request != asked:
        raise KeyReused
    headers = {**kept.headers, "Idempotent-Replayed": "true"}
    return HttpResponse(kept.body, status=kept.status, content_type="application/json", headers=headers)


def keep(request: Request, key: str, asked: str, answer: Response) -> None:
    body = "" if answer.data is None else JSONRenderer().render(answer.data).decode()
    headers = {name: answer[name] for name in KEPT_HEADERS if name in answer}
    Answer.objects.create(
        user=request.user, key=key, request=asked, status=answer.status_code, headers=headers, body=body
    )


def fingerprint(request: Request) -> str:
    """The same for the same request, also where a form was sent with another boundary or JSON in another order."""
    found = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    data = request.data
    if isinstance(data, QueryDict):
        data = [(name, [content_of(value) for value in values]) for name, values in sorted(data.lists())]
    found.update(json.dumps(data, sort_keys=True, default=str).encode())
    return found.hexdigest()


def content_of(value: str | UploadedFile) -> str:
    if not isinstance(value, UploadedFile):
        return value
    content = hashlib.sha256()
    for chunk in value.chunks():
        content.update(chunk)
    value.seek(0)
    return f"{value.name} {content.hexdigest()}"


def purge(limit: int = PURGED_AT_ONCE) -> int:
    """Forget what is older than a day, the oldest first; at most so many, so that no statement takes long."""
    old = Answer.objects.filter(created_at__lt=timezone.now() - KEPT).order_by("created_at").values("pk")[:limit]
    deleted, _ = Answer.objects.filter(pk__in=old).delete()
    return deleted
