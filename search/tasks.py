"""What the worker does for search. Any job may run twice: each looks at what is there first."""

import logging
from contextlib import suppress
from functools import partial

from django.conf import settings
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from catalog.priority import Priority
from catalog.services import mark_failed
from search import consent, photos
from search.build import details, embed, pins, upkeep
from search.build.child import run_child
from search.demand.refresh import refresh
from search.respond.spool import spool

MAX_ATTEMPTS = 5
INDEX = "search.index"  # long work on the index, one job at a time
FIRST = Priority.INDEX
log = logging.getLogger(__name__)


@app.task(
    name="search.embed_image",
    priority=Priority.ENCODE,
    pass_context=True,
    retry=RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=2),
)
def embed_image(context: JobContext, image_id: int) -> None:
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
    """Gives every picture a vector of every bundle in use."""
    for bundle_id in embed.bundles_to_fill():
        while bundle_id in embed.bundles_to_fill() and embed.fill_bundle(bundle_id):
            pass  # it may be given up while it is being filled


@app.task(
    name="search.look_closely",
    priority=Priority.LATER,
    pass_context=True,
    retry=RetryStrategy(max_attempts=3, exponential_wait=10),
)
def look_closely(context: JobContext, image_ids: list[int]) -> None:
    """The words and other details of pictures that were indexed just now."""
    details.fill(image_ids, context.should_abort)


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="search.fill_details",
    queueing_lock="search.fill_details",
    lock="search.fill_details",
    priority=Priority.LATER,
    pass_context=True,
)
def fill_details(context: JobContext, timestamp: int | None = None) -> None:
    """Details of pictures that were indexed before there were such, or whose job was lost; a slice at a time."""
    if not details.fill_missing(context.should_abort):
        with suppress(AlreadyEnqueued):
            fill_details.defer()


@app.periodic(cron="* * * * *")
@app.task(
    name="search.keep_index", queueing_lock="search.keep_index", lock=INDEX, priority=Priority.INDEX, pass_context=True
)
def keep_index(context: JobContext, timestamp: int | None = None) -> None:
    """Finishes, repairs, folds in, lets go live, settles and cleans up, whatever of these is due."""
    upkeep.keep_index(partial(run_child, should_stop=context.should_abort))


@app.task(
    name="search.build_index",
    queueing_lock="search.build_index",
    lock=INDEX,
    priority=Priority.INDEX,
    pass_context=True,
)
def build_index(context: JobContext, bundle_id: str, actor: str = "") -> None:
    """A generation from all rows, verified."""
    run_child("index", "build", "--bundle", bundle_id, "--actor", actor, should_stop=context.should_abort)


@app.task(
    name="search.merge_index",
    queueing_lock="search.merge_index",
    lock=INDEX,
    priority=Priority.INDEX,
    pass_context=True,
)
def merge_index(context: JobContext, bundle_id: str, actor: str = "") -> None:
    """A generation from the live one and what is newer, verified."""
    run_child("index", "merge", "--bundle", bundle_id, "--actor", actor, should_stop=context.should_abort)


@app.task(
    name="search.verify_index",
    queueing_lock="search.verify_index",
    lock=INDEX,
    priority=Priority.INDEX,
    pass_context=True,
)
def verify_index(context: JobContext, generation_id: str, actor: str = "") -> None:
    run_child("index", "verify", generation_id, "--actor", actor, should_stop=context.should_abort)


@app.periodic(cron="17 3 * * *")
@app.task(name="search.check_index", queueing_lock="search.check_index", lock=INDEX, pass_context=True)
def check_index(context: JobContext, timestamp: int | None = None) -> None:
    """Reads every byte of what is live once a day; what is damaged is built again."""
    upkeep.check_live(partial(run_child, should_stop=context.should_abort))


@app.periodic(cron="11 * * * *")
@app.task(name="search.pin_by_traffic", queueing_lock="search.pin_by_traffic")
def pin_by_traffic(timestamp: int | None = None) -> None:
    """Keeps the categories hot that shoppers ask for most."""
    pins.pin_by_traffic(settings.SIGHTLINE_TRAFFIC_PINS)


@app.periodic(cron="* * * * *")
@app.task(name="search.flush_spool", queueing_lock="search.flush_spool")
def flush_spool(timestamp: int | None = None) -> None:
    """Writes what processes that are gone could not write while the database was away."""
    spool().flush()


@app.periodic(cron="23 * * * *")
@app.task(
    name="search.refresh_demand",
    queueing_lock="search.refresh_demand",
    lock="search.refresh_demand",
    priority=Priority.LATER,
    pass_context=True,
)
def refresh_demand(context: JobContext, timestamp: int | None = None) -> None:
    """What shoppers did not find, and what they never saw, for the page."""
    refresh(context.should_abort)


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="search.blur_kept_photos",
    queueing_lock="search.blur_kept_photos",
    lock="search.blur_kept_photos",
    priority=Priority.LATER,
    pass_context=True,
)
def blur_kept_photos(context: JobContext, timestamp: int | None = None) -> None:
    """Copies without faces of the photos that shoppers left to the shop."""
    consent.blur_kept(context.should_abort)


@app.periodic(cron="*/10 * * * *")
@app.task(name="search.purge_photos", queueing_lock="search.purge_photos")
def purge_photos(timestamp: int | None = None) -> None:
    """Deletes shoppers' photos whose time is over."""
    photos.purge_expired()


@app.periodic(cron="41 * * * *")
@app.task(name="search.purge_forgotten_photos", queueing_lock="search.purge_forgotten_photos")
def purge_forgotten_photos(timestamp: int | None = None) -> None:
    """Deletes photos that were stored and never became known, because their process was killed."""
    photos.purge_forgotten()
