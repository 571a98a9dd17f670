"""What the figures of judging are worth: raters and systems of whom everything is known, judged through the real code.

    python bench/raters.py [--seeds 10] [--queries 200] [--k 3] [--b-wins 0.70] [--paper 1000] [--large 100000]

Eight raters, two of them bad: one clicks at random, one leans to the left. Two systems; b wins `--b-wins` of the
queries with a difference, 15 % have none. For each seed the same queries are judged twice, in random and in active
order, by the functions that the rater's pages call (labeling.assign, labeling.judge), in PostgreSQL; the figures are
those of the report. "random" asks k verdicts of every query and tests once, at the end. "random, stopped" is the same,
counted until the test for many looks would have settled the pair: what then is left of the difference is due to the
verdicts that the active order does not ask for on each query. Without a database, `--paper` times, come the error
rates, also where neither is better.
"""

import argparse
import sys

from shop.house import house


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--k", type=int, default=3)
    parser.add_argument("--b-wins", type=float, default=0.70)
    parser.add_argument(
        "--large", type=int, default=100_000, help="verdicts of one project, to time its report; 0: none"
    )
    parser.add_argument("--paper", type=int, default=1_000)
    arguments = parser.parse_args()
    with house("raters"):
        from judging.tell import Tables

        tables = Tables(arguments.queries, arguments.k, arguments.b_wins)
        tables.paper(arguments.paper)
        good = tables.database(arguments.seeds)
        if arguments.large:
            from judging.large import large

            large(arguments.large)
    sys.exit(not good)


if __name__ == "__main__":
    main()
