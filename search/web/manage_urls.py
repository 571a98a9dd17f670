"""Pages of the catalog admin that need the index, under /manage/. The socket beside them is in webapp/sockets.py."""

from django.urls import path

from search.web import demand, findability
from search.web.status import actions, views

urlpatterns = [
    path("status/", views.index, name="catalog_status"),
    path("status/<path:sku>/", views.sku, name="catalog_status_sku"),
    path("demand/", demand.page, name="demand"),
    path("demand/photos/<uuid:query_id>.jpg", demand.photo, name="demand_photo"),
    path("products/<path:sku>/findability/", findability.page, name="findability"),
    path("pictures/status/", views.watched, name="pictures_status"),
    path("pictures/retry/", actions.retry_failed, name="retry_failed"),
    path("pictures/repair/", actions.repair, name="repair_differences"),
    path("pictures/<int:image_id>/accept/", actions.accept, name="accept_picture"),
    path("pictures/<int:image_id>/retry/", actions.retry, name="retry_picture"),
]
