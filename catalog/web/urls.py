"""The catalog admins' pages, under /manage/."""

from django.urls import path

from catalog.web import feed_actions, feed_files, feed_pages, feed_sources

urlpatterns = [
    path("feeds/", feed_pages.feeds, name="feeds"),
    path("feeds/import/", feed_actions.start, name="feed_start"),
    path("feeds/upload/", feed_files.begin, name="feed_upload"),
    path("feeds/<int:import_id>/", feed_pages.feed, name="feed"),
    path("feeds/<int:import_id>/piece/", feed_files.piece, name="feed_piece"),
    path("feeds/<int:import_id>/errors.csv", feed_files.errors, name="feed_errors"),
    path("feeds/<int:import_id>/columns/", feed_actions.columns, name="feed_columns"),
    path("feeds/<int:import_id>/<slug:verb>/", feed_actions.act, name="feed_act"),
    path("feeds/sources/new/", feed_sources.source, name="feed_source_new"),
    path("feeds/sources/<int:source_id>/", feed_sources.source, name="feed_source"),
    path("feeds/sources/<int:source_id>/fetch/", feed_sources.fetch, name="feed_source_fetch"),
    path("feeds/sources/<int:source_id>/delete/", feed_sources.delete, name="feed_source_delete"),
    path("feeds/export/<slug:name>/", feed_files.export, name="feed_export"),
]
