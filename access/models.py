"""What programs come with: tokens, and keys under which a request is done once."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Token(models.Model):
    """What a program signs in with, in the name of a person: it may at most what that person may.

    The token itself is kept nowhere: it is shown once, and known again by its hash.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80, help_text="the program that uses it")
    prefix = models.CharField(max_length=16, help_text="how it begins, to know it again in a list")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the whole token, in hex")
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="to the minute")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"


class Answer(models.Model):
    """What was answered to a request that came with an Idempotency-Key, to answer the same when it comes again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request = models.CharField(max_length=64, help_text="SHA-256 of method, address and content, in hex")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key")]
