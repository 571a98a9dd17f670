"""Routes for programs' people, under /manage/."""

from django.urls import path

from access.web import tokens

urlpatterns = [
    path("tokens/", tokens.index, name="tokens"),
    path("tokens/<int:token_id>/revoke/", tokens.revoke, name="token_revoke"),
]
