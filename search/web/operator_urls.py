"""The operator's pages, under /operator/index/. The socket beside them is in webapp/sockets.py."""

from django.urls import path

from search.web import operator, operator_actions, operator_confirm

urlpatterns = [
    path("", operator.index, name="operator_index"),
    path("build/", operator_actions.build, name="operator_build"),
    path("pins/", operator_actions.pin, name="operator_pin"),
    path("pins/<int:pin_id>/remove/", operator_actions.unpin, name="operator_unpin"),
    path("bundles/<str:bundle_id>/share/", operator_actions.share, name="operator_share"),
    path("bundles/<str:bundle_id>/<slug:verb>/", operator_confirm.bundle, name="operator_bundle"),
    path("generations/<str:generation_id>/verify/", operator_actions.verify, name="operator_verify"),
    path("generations/<str:generation_id>/<slug:verb>/", operator_confirm.generation, name="operator_generation"),
]
