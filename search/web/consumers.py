"""The socket behind the operator's page: what goes on now, rendered, whenever it changes."""

from django.template.loader import render_to_string

from catalog.web.live import LiveSocket
from search.overview.feed import held_generation
from search.overview.now import now
from search.web.access import is_operator


class IndexConsumer(LiveSocket):
    """Sends `operator_index.html#now` at once and then when it changes."""

    channels = ("sightline_progress", "sightline_serving")
    may_see = staticmethod(is_operator)

    def news(self) -> str:
        return render_to_string("operator_index.html#now", {"now": now()})

    def away(self) -> str:
        return render_to_string("operator_index.html#away", {"generation_id": held_generation()})
