"""Golden sets and data sets, under /label/."""

from django.urls import path

from labeling.web import sets

urlpatterns = [
    path("verdicts/", sets.my_verdicts, name="label_my_verdicts"),
    path("golden/", sets.golden_sets, name="golden_sets"),
    path("golden/<slug:name>/<slug:sha256>/", sets.golden_set, name="golden_set"),
    path("golden/<slug:name>/<slug:sha256>/measure/", sets.measure, name="golden_measure"),
    path("golden/<slug:name>/<slug:sha256>/<slug:pool>.qrels", sets.qrels, name="golden_qrels"),
    path("datasets/", sets.datasets, name="datasets"),
    path("datasets/<slug:name>/v<int:version>/", sets.dataset, name="dataset"),
    path("datasets/<slug:name>/v<int:version>/<path:path>", sets.picture, name="dataset_picture"),
]
