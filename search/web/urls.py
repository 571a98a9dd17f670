"""The shopper's pages."""

from django.urls import path

from search.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("photo/", views.upload, name="upload"),
    path("photo/<str:token>/", views.photo, name="photo"),
    path("photo/<str:token>/image.jpg", views.photo_image, name="photo_image"),
    path("search/", views.text_search, name="text_search"),
    path("products/<int:product_id>/", views.product, name="product"),
    path("products/<int:product_id>/similar/", views.similar, name="similar"),
    path("samples/<int:number>/", views.sample, name="sample"),
    path("samples/<int:number>/image.jpg", views.sample_image, name="sample_image"),
    path("offline/", views.offline, name="offline"),
    path("sw.js", views.service_worker, name="service_worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
]
