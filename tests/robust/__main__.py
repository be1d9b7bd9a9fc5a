"""`python -m tests.robust --count 20000 --seed 1`: mutants of all programs, judged one by one.

Prints how far they come. A mutant that is not answered as it should be is
shrunk and saved with its seed; the exit status is then 1.
"""

import argparse
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from time import monotonic

from tests.robust.mutate import Mutant, mutant
from tests.robust.processes import Worker
from tests.robust.shrink import shrunk

SECONDS = 2.0
LOWERING_SECONDS = 20.0


def main() -> int:
    """Judge mutants until the count or the time is reached."""
    options = _options()
    stages: Counter[str] = Counter()
    changes: Counter[tuple[str, bool]] = Counter()
    codes: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    start = monotonic()
    with Worker() as worker, suppress(KeyboardInterrupt):
        for seed in range(options.seed, options.seed + options.count):
            if options.minutes and monotonic() - start > 60 * options.minutes:
                break
            made = mutant(seed)
            lower = seed % options.lower == 0 if options.lower else False
            seconds = LOWERING_SECONDS if lower else SECONDS
            verdict = worker.judge(made.text, lower, seconds)
            stages[verdict.stage] += 1
            codes.update(verdict.codes)
            changes[made.change, verdict.stage in ("accepted", "warned", "lowered")] += 1
            if not sum(stages.values()) % 1000:
                print(f"{sum(stages.values())} judged", flush=True)
            if verdict.problem:
                kind = verdict.problem.split(":")[0] + verdict.problem.partition(" at ")[2][:40]
                failures[kind] += 1
                print(
                    f"seed {seed} ({made.change} of {made.origin}): {verdict.problem}", flush=True
                )
                if failures[kind] <= options.keep:
                    _save(worker, made, lower, seconds, options.out)
    _print(stages, changes, codes, monotonic() - start)
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.robust", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many mutants (1000)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so long")
    parser.add_argument(
        "--lower", type=int, default=4, metavar="N", help="lower each Nth mutant that checks (4)"
    )
    parser.add_argument(
        "--keep", type=int, default=2, help="how many of each kind of failure are shrunk (2)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("robust-failures"), help="where failures are saved"
    )
    return parser.parse_args()


def _save(worker: Worker, made: Mutant, lower: bool, seconds: float, folder: Path) -> None:
    """The failing text, smaller if that keeps its failure, as `SEED.cat`."""
    folder.mkdir(exist_ok=True)
    small = shrunk(made.text, lambda text: worker.judge(text, lower, seconds).problem)
    path = folder / f"{made.seed}.cat"
    path.write_bytes(small if isinstance(small, bytes) else small.encode("utf-8", "surrogatepass"))
    print(f"  saved {path}", flush=True)


def _print(
    stages: Counter[str],
    changes: Counter[tuple[str, bool]],
    codes: Counter[str],
    seconds: float,
) -> None:
    total = sum(stages.values())
    print(f"\n{total} mutants in {seconds:.0f} s")
    for stage, count in stages.most_common():
        print(f"  {stage:<16} {count:>6}  {count / total:6.1%}")
    print("accepted, by change:")
    for name in sorted({name for name, _ in changes}):
        yes, no = changes[name, True], changes[name, False]
        print(f"  {name:<16} {yes:>6} of {yes + no:>6}")
    print("codes:", ", ".join(f"{code} {count}" for code, count in sorted(codes.items())))


if __name__ == "__main__":
    sys.exit(main())
