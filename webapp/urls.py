"""Every door of the house."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from webapp import health, media
from webapp.sign_in import SignIn, SignOut, admin_sign_in

urlpatterns = [
    path("", include("search.web.urls")),
    path("manage/review/", include("search.web.review_urls")),
    path("manage/", include("search.web.manage_urls")),
    path("api/v1/", include("search.web.api_urls")),
    path("api/v1/", include("catalog.web.api_urls")),
    path("manage/", include("catalog.web.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("label/", include("labeling.web.urls")),
    path("media/<path:name>", media.catalog_picture, name="media"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("manage/", include("access.web.urls")),
    path("manage/webhooks/", include("catalog.web.webhook_urls")),
    path("sign-in/", SignIn.as_view(), name="sign_in"),
    path("sign-out/", SignOut.as_view(), name="sign_out"),
    path("admin/login/", admin_sign_in),
    path("admin/logout/", SignOut.as_view()),
    path("admin/", admin.site.urls),
]

handler400 = "webapp.problems.bad_request"
handler403 = "webapp.problems.forbidden"
handler404 = "webapp.problems.not_found"
handler500 = "webapp.problems.server_error"
