"""What the worker does for search. Any job may run twice: each looks at what is there first."""

import logging

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from catalog.services import mark_failed
from search import photos
from search.build import embed, register
from search.models import Bundle

MAX_ATTEMPTS = 5
log = logging.getLogger(__name__)


@app.task(
    name="search.embed_image", pass_context=True, retry=RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=2)
)
def embed_image(context, image_id: int) -> None:
    """Inspected -> indexed. After the last attempt: failed, with the reason."""
    try:
        embed.embed_image(image_id)
    except Exception as error:
        if context.job.attempts + 1 >= MAX_ATTEMPTS:
            mark_failed(image_id, f"It could not be encoded: {error}")
        raise


@app.periodic(cron="* * * * *")
@app.task(name="search.fill_bundles", queueing_lock="search.fill_bundles", lock="search.fill_bundles")
def fill_bundles(timestamp: int | None = None) -> None:
    """Gives every picture a vector of every bundle in use, and lets a complete new bundle take over."""
    for bundle_id in embed.bundles_to_fill():
        while embed.fill_bundle(bundle_id):
            pass
    if Bundle.objects.filter(state=Bundle.State.BUILDING).exists() and register.promote_when_complete():
        log.warning("a new bundle is live")


@app.periodic(cron="*/10 * * * *")
@app.task(name="search.purge_photos", queueing_lock="search.purge_photos")
def purge_photos(timestamp: int | None = None) -> None:
    """Deletes shoppers' photos whose time is over."""
    photos.purge_expired()
