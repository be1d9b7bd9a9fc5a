"""The first step of a deep model under torch.compile, from an empty cache.

    python -m benchmarks.cold [--turns 3] [--json FILE]

GPT-2 with twelve small layers: catnn compiles one block and uses it twelve
times, `torch.compile` of the library's module compiles the whole. Each turn is a
process and a cache of its own. What the compiler finds out once about a machine
(which vector instructions it has) is not counted: a function of one line is
compiled first on both sides.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import cast

import torch
from torch import Tensor
from torch.nn import Module

from benchmarks.reference import fast, pair, step
from tests.references.case import plain
from tests.references.cases import gpt2

AT = gpt2.at(2, 128, layers=12, d=128, h=4, vocab=4096, context=256)
SIDES = ("ours", "theirs")


def first_step(side: str, training: bool) -> float:
    """Seconds from asking for a compiled module to the end of its first step."""
    from torch._inductor.utils import fresh_cache

    inputs, (mine, other) = AT.inputs(), pair("gpt2", AT)
    call = plain if side == "ours" else gpt2.call
    with fresh_cache():
        torch.compile(_one_line)(torch.ones(100))
        start = time.perf_counter()
        module = fast("gpt2", AT, mine) if side == "ours" else cast(Module, torch.compile(other))
        if training:
            step(call, module, inputs)
        else:
            with torch.no_grad():
                call(module, inputs)
        return time.perf_counter() - start


def _one_line(x: Tensor) -> Tensor:
    return x.sin() + 1


def elsewhere(side: str, training: bool) -> float:
    """`first_step` in a process of its own."""
    code = f"from benchmarks.cold import first_step; print(first_step({side!r}, {training}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(run.stderr)
    return float(run.stdout.split()[-1])


def measure(training: bool, turns: int) -> dict[str, float]:
    """Medians in seconds, and their quotient ours / theirs: at most 0.4 is due."""
    spent: dict[str, list[float]] = {side: [] for side in SIDES}
    for turn in range(turns):
        for side in SIDES if turn % 2 else SIDES[::-1]:
            spent[side].append(elsewhere(side, training))
    ours, theirs = median(spent["ours"]), median(spent["theirs"])
    return {"ours": ours, "theirs": theirs, "quotient": ours / theirs}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="the first compiled step of a deep GPT-2")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the rows to a file")
    given = parser.parse_args(arguments)
    rows = {}
    for what, training in (("forward", False), ("forward + backward", True)):
        row = rows[what] = measure(training, given.turns)
        print(
            f"{what:20} catnn {row['ours']:6.2f} s  transformers {row['theirs']:6.2f} s"
            f"  quotient {row['quotient']:.2f}",
            flush=True,
        )
    if given.json is not None:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
