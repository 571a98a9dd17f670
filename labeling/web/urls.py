"""The doors of judging, under /label/."""

from django.urls import include, path

from labeling.web import adjudicate, judge, pictures, projects, raters, report, sync, traffic

urlpatterns = [
    path("", judge.home, name="labeling"),
    path("", include("labeling.web.set_urls")),
    path("photos/<int:query_id>/", pictures.photo, name="label_photo"),
    path("pictures/<str:digest>/", pictures.picture, name="label_picture"),
    path("queries/draw/", traffic.draw, name="label_draw"),
    path("projects/new/", projects.new, name="label_new"),
    path("projects/<int:project_id>/", projects.project, name="label_project"),
    path("projects/<int:project_id>/guidelines/edit/", projects.edit_guideline, name="label_edit_guideline"),
    path("projects/<int:project_id>/guidelines/", judge.guideline, name="label_guideline"),
    path("projects/<int:project_id>/judge/", judge.judge, name="label_judge"),
    path("projects/<int:project_id>/sync/", sync.sync, name="label_sync"),
    path("projects/<int:project_id>/report/", report.project_report, name="label_report"),
    path("projects/<int:project_id>/order/", report.order, name="label_order"),
    path("projects/<int:project_id>/<slug:verb>/", projects.move, name="label_move"),
    path("me/", raters.me, name="label_me"),
    path("raters/", raters.raters, name="label_raters"),
    path("raters/<int:rater_id>/<slug:action>/", raters.standing, name="label_standing"),
    path("adjudicate/", adjudicate.adjudicate, name="label_adjudicate"),
    path("adjudicate/<int:task_id>/", adjudicate.say, name="label_settle"),
]
