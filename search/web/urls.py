"""The shopper's pages, and the operator's."""

from django.urls import include, path

from search.web import flag_views, install, photo_views, views
from search.web.find_by_photo import find_by_photo

urlpatterns = [
    path("", views.home, name="home"),
    path("photo/", photo_views.upload, name="upload"),
    path("photo/<str:token>/", photo_views.photo, name="photo"),
    path("photo/<str:token>/delete/", photo_views.delete_photo, name="delete_photo"),
    path("photo/<str:token>/image.jpg", photo_views.photo_image, name="photo_image"),
    path("searches/<uuid:query_id>/not-a-match/", flag_views.not_a_match, name="not_a_match"),
    path("search/", views.text_search, name="text_search"),
    path("products/<int:product_id>/", views.product, name="product"),
    path("products/<int:product_id>/similar/", views.similar, name="similar"),
    path("samples/<int:number>/", photo_views.sample, name="sample"),
    path("samples/<int:number>/image.jpg", photo_views.sample_image, name="sample_image"),
    path("manage/find-by-photo/", find_by_photo, name="find_by_photo"),
    path("operator/index/", include("search.web.operator_urls")),
    path("offline/", install.offline, name="offline"),
    path("sw.js", install.service_worker, name="service_worker"),
    path("manifest.webmanifest", install.manifest, name="manifest"),
]
