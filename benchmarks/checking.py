"""What `catnn check` costs, as a fresh process: linear in the size of the program.

    python -m benchmarks.checking [--turns 5] [--json FILE]

Programs of 100 to 10 000 factors are written out in three shapes: one long
chain, many small morphisms that use each other, and chains whose every joint
needs a proof about sizes. `start` is a file of one factor: what the process and
the imports take. GPT-2's example is to take at most 0.35 s. `gallery` is all examples in one
process, with their number in place of factors.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

EXAMPLES = Path(__file__).parent.parent / "examples"
SIZES = (100, 1000, 10_000)


def chain(factors: int) -> str:
    """One body, a factor a line."""
    steps = [f"linear[{32 + k % 7}] >> relu" for k in range(factors // 2)]
    return "model m : [n, 16] -> [n, 32] =\n  " + " >>\n  ".join([*steps, "linear[32]\n"])


def calls(factors: int) -> str:
    """Ten factors a morphism, each of which uses the one before."""
    lines = ["morph f0 : [n, d] -> [n, d] = id"]
    for k in range(1, factors // 10 + 1):
        parts = " >> ".join(["layernorm >> linear[d] >> gelu"] * 3)
        lines.append(f"morph f{k} : [n, d] -> [n, d] = id + ({parts}) >> f{k - 1}")
    last = factors // 10
    return "\n".join([*lines, f"model m : [n, 64] -> [n, 64] = f{last}\n"])


def proofs(factors: int) -> str:
    """Heads are split and merged again and again: `h * (d / h) = d` at every joint."""
    steps = ["{n (h e) -> h n e} >> {h n e -> n (h e)}"] * (factors // 2)
    header = "model m[h] : [n, d] -> [n, d] where h divides d =\n  "
    return header + " >>\n  ".join(steps) + "\n"


SHAPES: dict[str, Callable[[int], str]] = {"chain": chain, "calls": calls, "proofs": proofs}


def check(path: Path, turns: int) -> tuple[float, float]:
    """Medians of wall and processor seconds of `catnn check`, after one run that fills caches."""
    command = [sys.executable, "-m", "catnn", "check", str(path)]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    wall, processor = [], []
    for turn in range(turns + 1):
        before, start = os.times(), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        spent, after = time.perf_counter() - start, os.times()
        if turn:
            wall.append(spent)
            processor.append(
                after.children_user
                + after.children_system
                - before.children_user
                - before.children_system
            )
    return median(wall), median(processor)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="the time that checking takes")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the rows to a file")
    given = parser.parse_args(arguments)
    rows = []
    with TemporaryDirectory() as folder:
        programs = [("start", 1, "model m : [4] -> [2] = linear[2]\n")]
        programs += [(name, size, text(size)) for name, text in SHAPES.items() for size in SIZES]
        count = len(list(EXAMPLES.glob("*.cat")))
        files = [("gpt2.cat", 0, EXAMPLES / "gpt2.cat"), ("gallery", count, EXAMPLES)]
        for name, size, text in programs:
            path = Path(folder) / f"{name}{size}.cat"
            path.write_text(text, "utf-8")
            files.append((name, size, path))
        for name, size, path in files:
            wall, processor = check(path, given.turns)
            rows.append({"program": name, "factors": size, "wall": wall, "processor": processor})
            print(f"{name:10} {size or '':>6} {wall:7.2f} s wall {processor:7.2f} s", flush=True)
    if given.json is not None:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
