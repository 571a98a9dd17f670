"""The render queue: jobs that are already done are skipped; workers are fresh processes, because bpy grows."""

import subprocess
import sys
import time
from pathlib import Path

from ml.world.catalog import plan_catalog


def image_jobs(out, seed):
    """(sku, shot, path) of every studio shot that is missing, training part first."""
    skus = sorted((s for s in plan_catalog(seed) if not s.copy_of), key=lambda s: s.split != "train")
    jobs = [(sku, shot, Path(out) / "images" / f"{sku.id}-{shot}.jpg") for sku in skus for shot in (1, 2)]
    return [job for job in jobs if not job[2].exists()]


def room_jobs(out, work, seed, sets):
    """Rooms of the given sets ("train", "golden", "extra") whose truth is missing; the truth is written last."""
    from ml.world.plan import plan_rooms

    return [
        room
        for name in sets
        for room in plan_rooms(name, seed)
        if not (Path(work) / "truth" / f"{room.id}.json").exists()
    ]


def work_through(kind, args, share):
    """In this process: render at most `share` pending jobs of a kind, saying how it goes. Returns what was done."""
    from ml.world import blender

    jobs = image_jobs(args.out, args.seed) if kind == "images" else room_jobs(args.out, args.work, args.seed, args.sets)
    started, total = time.monotonic(), len(jobs)
    blender.fresh_scene(args.samples, args.threads)
    for n, job in enumerate(jobs[:share]):
        if kind == "images":
            from ml.world import studio

            job[2].parent.mkdir(parents=True, exist_ok=True)
            studio.shoot(*job)
        else:
            from ml.world import rooms

            rooms.shoot(job, args.out if job.split != "extra" else args.extra, args.work, args.seed)
        each = (time.monotonic() - started) / (n + 1)
        print(
            f"{kind}: {total - n - 1} to go, {each:.2f} s each, about {each * (total - n - 1) / 60:.0f} min", flush=True
        )
    return min(share, total)


def run_workers(kind, argv, pending):
    """Start worker after worker until `pending()` says that nothing is left, or a worker makes no progress."""
    left = pending()
    while left:
        subprocess.run([sys.executable, "-m", "ml.world", "work", "--kind", kind, *argv], check=False)
        now = pending()
        if now >= left:
            raise SystemExit(f"a worker made no progress on {kind}: {now} jobs are left; see its output above")
        left = now
