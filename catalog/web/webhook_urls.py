"""Routes of the webhooks' pages, under /manage/webhooks/."""

from django.urls import path

from catalog.web import webhooks

urlpatterns = [
    path("", webhooks.index, name="webhooks"),
    path("<int:webhook_id>/", webhooks.log, name="webhook_log"),
    path("<int:webhook_id>/secret/", webhooks.secret, name="webhook_secret"),
    path("<int:webhook_id>/<slug:verb>/", webhooks.act, name="webhook_act"),
    path("deliveries/<int:delivery_id>/again/", webhooks.redeliver, name="webhook_redeliver"),
]
