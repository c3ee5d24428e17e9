"""``make bench``: time everything, print the table, draw the picture."""

import argparse
from pathlib import Path

from . import peers
from .picture import draw
from .run import run
from .table import conditions, markdown, text


def main() -> None:
    everyone = list(peers.DISTRIBUTIONS)
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("words", nargs="*", help="only what has one of these words in its title")
    parser.add_argument("--programs", nargs="+", choices=everyone, default=everyone,
                        metavar="NAME", help=f"only these of: {', '.join(everyone)}")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="few rounds and no long chain")
    parser.add_argument("--markdown", action="store_true", help="print the README's table")
    parser.add_argument("--out", type=Path, default=Path("bench_out"), help="the picture's folder")
    arguments = parser.parse_args()

    peers.stay_on_one_core()
    rows = run(arguments.words, arguments.programs, arguments.quick)
    print((markdown if arguments.markdown else text)(rows))
    print(f"\n{conditions()}")
    draw(rows, arguments.out / "benchmarks.png")
    print(f"Picture: {arguments.out / 'benchmarks.png'}")


if __name__ == "__main__":
    main()
