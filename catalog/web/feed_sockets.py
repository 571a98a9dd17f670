"""What the feeds' pages show by the second."""

from django.template.loader import render_to_string

from catalog.feeds.models import Import
from catalog.feeds.moves import CHANNEL
from catalog.web.access import is_catalog_admin
from catalog.web.feed_pages import list_context, now_context
from catalog.web.live import LiveSocket


class FeedsSocket(LiveSocket):
    """`feeds.html#now`: the imports that are under way."""

    channels = (CHANNEL,)
    may_see = staticmethod(is_catalog_admin)

    def news(self) -> str:
        return render_to_string("feeds.html#now", list_context())

    def away(self) -> str:
        return render_to_string("feeds.html#away")


class FeedSocket(FeedsSocket):
    """`feed.html#now`: one import."""

    def news(self) -> str:
        import_id = self.scope["url_route"]["kwargs"]["import_id"]
        found = Import.objects.select_related("source").filter(pk=import_id).first()
        return render_to_string("feed.html#now", now_context(found)) if found else render_to_string("feeds.html#gone")
