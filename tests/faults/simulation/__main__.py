"""Plays seeds by hand: `python -m tests.faults.simulation SEED [HOW_MANY]` prints the digest of each run."""

from __future__ import annotations

import sys

from tests.faults.simulation.place import place
from tests.faults.simulation.run import play


def main(first: int, how_many: int = 1) -> None:
    with place() as app:
        for seed in range(first, first + how_many):
            print(seed, play(app, seed).chance.digest)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
