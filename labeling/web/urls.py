"""The doors of judging, under /label/."""

from django.urls import path

from labeling.web import judge, pictures, projects, sync

urlpatterns = [
    path("", judge.home, name="labeling"),
    path("photos/<int:query_id>/", pictures.photo, name="label_photo"),
    path("pictures/<str:digest>/", pictures.picture, name="label_picture"),
    path("projects/new/", projects.new, name="label_new"),
    path("projects/<int:project_id>/", projects.project, name="label_project"),
    path("projects/<int:project_id>/guidelines/edit/", projects.edit_guideline, name="label_edit_guideline"),
    path("projects/<int:project_id>/guidelines/", judge.guideline, name="label_guideline"),
    path("projects/<int:project_id>/judge/", judge.judge, name="label_judge"),
    path("projects/<int:project_id>/sync/", sync.sync, name="label_sync"),
    path("projects/<int:project_id>/<slug:verb>/", projects.move, name="label_move"),
]
