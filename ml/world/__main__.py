"""python -m ml.world images|rooms|pack: render the demo world, a part at a time, and pack it into demo/."""

import argparse

from ml.world import queue


def parse(argv=None):
    parser = argparse.ArgumentParser(prog="python -m ml.world", description=__doc__)
    parser.add_argument("command", choices=("images", "rooms", "pack", "all", "work"))
    parser.add_argument("--out", default="demo", help="where images and photos go")
    parser.add_argument("--work", default="build/world", help="where the truth of each room goes until it is packed")
    parser.add_argument("--extra", default="build/world/extra", help="where training rooms that do not ship go")
    parser.add_argument("--sets", nargs="+", default=["train", "golden"], choices=("train", "golden", "extra"))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--samples", type=int, default=4, help="paths per pixel before denoising")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--share", type=int, default=100, help="renders per process")
    parser.add_argument("--kind", choices=("images", "rooms"), default="images")
    return parser.parse_args(argv)


def passed_on(args):
    """The options that a worker needs, as arguments."""
    pairs = [
        (f"--{name}", str(getattr(args, name)))
        for name in ("out", "work", "extra", "seed", "samples", "threads", "share")
    ]
    return [word for pair in pairs for word in pair] + ["--sets", *args.sets]


def main(argv=None):
    args = parse(argv)
    if args.command == "work":
        queue.work_through(args.kind, args, args.share)
        return
    if args.command in ("images", "all"):
        queue.run_workers("images", passed_on(args), lambda: len(queue.image_jobs(args.out, args.seed)))
    if args.command in ("rooms", "all"):
        queue.run_workers(
            "rooms", passed_on(args), lambda: len(queue.room_jobs(args.out, args.work, args.seed, args.sets))
        )
    if args.command in ("pack", "all"):
        from ml.world.pack import pack

        pack(args.out, args.work, args.extra, args.seed)


if __name__ == "__main__":
    main()
