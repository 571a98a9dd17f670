"""`manage.py index status`: what there is, where the rows lie and what that costs, how fresh it all is."""

from dataclasses import asdict

from search.build.bundles import live_id
from search.management.console import fields, megabytes, table
from search.overview.degraded import degraded
from search.overview.feed import feed
from search.overview.freshness import freshness
from search.overview.generations import GenerationLine, generations
from search.overview.parts import cold_tier
from search.overview.tiers import TierLine, prices, tiers, vectors_by_bundle
from search.overview.work import running, workers


def status() -> dict:
    """Everything that is shown, as plain values."""
    bundle_id, vectors, made = live_id(), vectors_by_bundle(), generations()
    cost, fresh, cold, at_work = prices(), freshness(), cold_tier(), workers()
    lines = tiers(bundle_id, vectors, made) if bundle_id else ()
    return {
        "bundle": bundle_id,
        "generations": [asdict(line) for line in made],
        "building": [asdict(line) | {"percent": line.percent} for line in running()],
        "tiers": [asdict(line) | per_row(line) | {"cost_a_year": round(line.yearly(cost), 2)} for line in lines],
        "currency": cost.currency,
        "freshness": asdict(fresh) | {"newer_than_live": cold.newer if cold else 0, "workers": at_work},
        "degraded": list(degraded(fresh, at_work, cold, feed())),
    }


def per_row(line: TierLine) -> dict[str, float | None]:
    """An empty index has a page or two all the same: that says nothing of a row."""
    if not line.rows:
        return {"bytes_ram_a_row": None, "bytes_disk_a_row": None}
    ram, disk = line.bytes_ram / line.rows, line.bytes_disk / line.rows
    return {"bytes_ram_a_row": round(ram, 1), "bytes_disk_a_row": round(disk, 1)}


def status_lines(found: dict) -> str:
    parts = [
        f"live bundle: {found['bundle'] or 'none'}",
        generation_table([GenerationLine(**line) for line in found["generations"]]),
        *(building_line(line) for line in found["building"]),
        tier_table(found["tiers"], found["currency"]),
        freshness_lines(found["freshness"]),
        "\n".join(found["degraded"]) or "Nothing is degraded.",
    ]
    return "\n\n".join(part for part in parts if part)


def generation_table(lines: list[GenerationLine]) -> str:
    if not lines:
        return "No generation yet: the hot tier answers alone."
    return table(
        ("generation", "state", "rows", "shards", "recall@10", "verified", "disk", "in memory", "note"),
        [
            (
                line.id,
                line.state,
                line.rows,
                line.shards,
                line.recall and f"{line.recall:.4f}",
                line.verified,
                megabytes(line.bytes_disk),
                megabytes(line.bytes_ram),
                note_of(line),
            )
            for line in lines
        ],
    )


def note_of(line: GenerationLine) -> str:
    if line.error:
        return line.error
    if not line.here and line.state != "failed":
        return "its files are not on this machine"
    return "kept for a rollback" if line.warm else ""


def building_line(line: dict) -> str:
    done = f"{line['percent']}%" if line["percent"] is not None else f"{line['done']:,}"
    stalled = ", and its builder is silent: the worker goes on with it" if line["stalled"] else ""
    return f"{line['generation_id']} is being built: {line['stage']}, {done}{stalled}"


def tier_table(lines: list[dict], currency: str) -> str:
    if not lines:
        return ""
    return table(
        ("tier", "rows", "in memory", "bytes a row", "disk", "bytes a row", f"{currency} a year", "what"),
        [
            (
                line["name"],
                line["rows"],
                megabytes(line["bytes_ram"]),
                line["bytes_ram_a_row"],
                megabytes(line["bytes_disk"]),
                line["bytes_disk_a_row"],
                line["cost_a_year"],
                line["what"],
            )
            for line in lines
        ],
    )


def freshness_lines(found: dict) -> str:
    return fields(
        {
            "pictures that wait for the index": found["waiting"],
            "the oldest of them, seconds": round(found["oldest_waiting_s"], 1),
            f"later than {found['promised_s']:g} s, now": found["waiting_late"],
            f"later than {found['promised_s']:g} s, today": found["late_today"],
            "rows newer than the live generation": found["newer_than_live"],
            "workers": found["workers"],
        }
    )
