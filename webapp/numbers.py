"""The numbers that the database holds: the same from every process, and not lost with one."""

from collections.abc import Iterator

from django.db import Error, connection
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.metrics_core import CounterMetricFamily as Counter
from prometheus_client.metrics_core import GaugeMetricFamily as Gauge

from catalog import outage
from catalog.models import Image
from search.models import ServingEvent
from search.overview import work
from search.overview.degraded import degraded
from search.overview.feed import feed
from search.overview.freshness import Freshness, freshness
from search.overview.generations import generations
from search.overview.parts import ColdTier, cold_tier
from search.overview.tiers import tiers, vectors_by_bundle
from webapp.readiness import COUNTING_S, PATIENCE_S, image_counts

SWITCHES = ("promote", "rollback", "bundle promote", "bundle rollback")


class DatabaseNumbers:
    """A Prometheus collector. While the database is away it says that, and no old numbers."""

    def collect(self) -> Iterator[Metric]:
        yield lag()
        try:
            with outage.patience(PATIENCE_S), connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            with outage.patience(COUNTING_S):
                fresh, workers, cold = freshness(), work.workers(), cold_tier()
                found = [pictures(), *promises(fresh), *queue(workers), *tier_numbers(cold), switches()]
                found += index_numbers(cold, degraded(fresh, workers, cold, feed()))
        except Error:
            yield Gauge("sightline_database_up", "Whether the database answers", value=0)
            return
        yield Gauge("sightline_database_up", "Whether the database answers", value=1)
        yield from found


class OnlyThese(CollectorRegistry):
    """A registry of one collector, asked when it is rendered and not before."""

    def __init__(self, collector) -> None:
        super().__init__(auto_describe=False)
        self.collector = collector

    def collect(self) -> Iterator[Metric]:
        return self.collector.collect()


def lag() -> Metric:
    here = feed()
    family = Gauge("sightline_change_feed_lag_seconds", "Since this process last took over what was committed")
    if here.running:
        family.add_metric([], here.lag_s)
    return family


def pictures() -> Metric:
    family = Gauge("sightline_images", "Catalog pictures by state", labels=["status"])
    counts = image_counts()
    for status in Image.Status:
        family.add_metric([status.value], counts[status])
    return family


def promises(fresh: Freshness) -> list[Metric]:
    return [
        Gauge(
            "sightline_oldest_unsearchable_image_seconds",
            "Age of the oldest picture that waits for the index",
            value=fresh.oldest_waiting_s,
        ),
        Gauge("sightline_freshness_sla_seconds", "Promised time until a picture is found", value=fresh.promised_s),
        Gauge("sightline_freshness_breaching_images", "Pictures that wait longer now", value=fresh.waiting_late),
        Counter("sightline_freshness_breaches", "Pictures that were found later than promised", value=fresh.late_ever),
    ]


def queue(workers: int) -> list[Metric]:
    return [
        Gauge("sightline_workers", "Workers with a fresh heartbeat", value=workers),
        Gauge("sightline_jobs", "Jobs that wait or run", value=work.waiting_jobs()),
    ]


def tier_numbers(cold: ColdTier | None) -> list[Metric]:
    rows = Gauge("sightline_tier_rows", "Rows of the live bundle by tier", labels=["tier"])
    size = Gauge("sightline_tier_bytes", "Bytes by tier and medium", labels=["tier", "medium"])
    for line in tiers(cold.bundle_id, vectors_by_bundle(), generations()) if cold else ():
        tier = line.name.lower().replace(", ", "_")
        rows.add_metric([tier], line.rows)
        size.add_metric([tier, "ram"], line.bytes_ram)
        size.add_metric([tier, "disk"], line.bytes_disk)
    return [rows, size]


def index_numbers(cold: ColdTier | None, troubles: tuple[str, ...]) -> list[Metric]:
    age = Gauge("sightline_generation_age_seconds", "Since the live generation was begun")
    if cold and cold.generation_id:
        age.add_metric([], cold.age.total_seconds())
    missing = feed().troubles or (cold.wrong if cold else ())
    return [
        age,
        Gauge("sightline_generation_newer_rows", "Rows it does not hold", value=cold.newer if cold else 0),
        Gauge("sightline_degraded_shards", "Shards that this process cannot search", value=len(missing)),
        Gauge("sightline_degraded", "How many things work less well than they should", value=len(troubles)),
    ]


def switches() -> Metric:
    family = Counter("sightline_promotions", "Promotions and rollbacks of generations and bundles", labels=["verb"])
    for verb in SWITCHES:
        family.add_metric([verb.replace(" ", "_")], ServingEvent.objects.filter(verb=verb).count())
    return family
