"""Routes of the shopper's API, under /api/v1/."""

from django.urls import path

from search.web import api

urlpatterns = [
    path("detections", api.Detections.as_view(), name="api-detections"),
    path("searches", api.Searches.as_view(), name="api-searches"),
    path("searches/<uuid:query_id>/click", api.Clicks.as_view(), name="api-click"),
    path("searches/<uuid:query_id>/flag", api.Flags.as_view(), name="api-flag"),
]
