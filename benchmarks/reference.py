"""catnn against the libraries that people use, with the same weights and inputs.

    python -m benchmarks.reference [NAME..] [--compiled] [--seconds 8] [--json FILE]

Every example whose case (`tests/references/cases`) has sizes for it, cut so that
two cores take 20 to 200 ms for a forward pass; transformers computes attention
through `scaled_dot_product_attention`. A quotient above 1 says that catnn is
faster. Outputs are compared before anything is timed.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from attrs import asdict, frozen
from torch import Tensor
from torch.nn import Module

from benchmarks.timing import Race, race
from tests.references.case import NAMES, At, Call, Inputs, case, model, plain
from tests.references.harness import redraw, renamed


@frozen
class Row:
    """One line of the table: times in milliseconds, `ratio` theirs / ours."""

    case: str
    what: str
    race: Race


def pair(name: str, at: At) -> tuple[Module, Module]:
    """Both modules with the same leaves."""
    theirs = at.theirs()
    saved = theirs.state_dict()
    tables = {name: leaf.clone() for name, leaf in theirs.named_buffers() if name not in saved}
    redraw(theirs, 0)
    buffers = {}
    for leaf_name, leaf in theirs.named_buffers():
        if leaf_name in tables:
            leaf.copy_(tables[leaf_name])  # what the library computed, such as frequencies
        elif not leaf_name.endswith("num_batches_tracked"):
            buffers[leaf_name] = leaf
    ours = model(name).bind(**at.sizes).torch()
    ours.load_state_dict(renamed(dict(theirs.named_parameters()) | buffers, at.rules))
    return ours, theirs


def single(inputs: Inputs) -> Inputs:
    """Real inputs in float32."""
    return [x.float() if x.is_floating_point() else x for x in inputs]


def measure(name: str, compiled: bool, seconds: float) -> list[Row]:
    """Forward without gradients, and forward with backward."""
    at, call = case(name).speed, case(name).call
    if at is None:
        return []
    ours, theirs = pair(name, at)
    inputs = single(at.inputs())
    with torch.no_grad():
        torch.manual_seed(0)  # both draw the same
        found = plain(ours.eval(), inputs)
        torch.manual_seed(0)
        error = difference(found, call(theirs.eval(), inputs))
    if error > 1e-3:
        print(f"{name}: the outputs differ by {error:.2g}; nothing was timed", file=sys.stderr)
        return []
    if compiled:
        ours, theirs = fast(name, at, ours).eval(), cast(Module, torch.compile(theirs))
    with torch.no_grad():
        forward = race(lambda: plain(ours, inputs), lambda: call(theirs, inputs), seconds / 3)
    ours.train()
    theirs.train()
    training = race(lambda: step(plain, ours, inputs), lambda: step(call, theirs, inputs), seconds)
    return [Row(name, "forward", forward), Row(name, "forward + backward", training)]


def outputs(found: object) -> list[Tensor]:
    """The tensors of a result, in order."""
    if isinstance(found, Tensor):
        return [found]
    assert isinstance(found, tuple | list)
    return [tensor for part in found for tensor in outputs(part)]


def difference(found: object, expected: object) -> float:
    """The greatest difference, relative to max(1, greatest element)."""
    pairs = zip(outputs(found), outputs(expected), strict=True)
    return max(float((x - y).abs().max() / y.abs().max().clamp(min=1)) for x, y in pairs)


def step(call: Call, module: Module, inputs: Inputs) -> None:
    """One forward and backward pass; gradients are made anew."""
    for leaf in module.parameters():
        leaf.grad = None
    total = sum(output.square().mean() for output in outputs(call(module, inputs)))
    assert isinstance(total, Tensor)
    total.backward()  # type: ignore[no-untyped-call]


def fast(name: str, at: At, ours: Module) -> Module:
    """Our compiled module with the leaves of an uncompiled one."""
    module = model(name).bind(**at.sizes).compile()
    module.load_state_dict(ours.state_dict())
    return module


def table(rows: Sequence[Row]) -> str:
    lines = [
        f"{'model':18} {'what':20} {'catnn ms':>10} {'theirs ms':>10} {'ratio':>7}  quartiles     turns"
    ]
    for row in rows:
        r = row.race
        lines.append(
            f"{row.case:18} {row.what:20} {r.ours:10.1f} {r.theirs:10.1f} {r.ratio:7.3f}"
            f"  {r.low:.3f}-{r.high:.3f}  {r.turns:5}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="catnn against transformers and timm")
    parser.add_argument("names", nargs="*", help="which models; all without")
    parser.add_argument("--compiled", action="store_true", help="both sides through torch.compile")
    parser.add_argument("--seconds", type=float, default=12.0, help="for one training race")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", type=Path, help="write the rows to a file")
    given = parser.parse_args(arguments)
    unknown = set(given.names) - set(NAMES)
    if unknown:
        parser.error(f"no such model: {', '.join(sorted(unknown))}")
    torch.set_num_threads(given.threads)
    rows: list[Row] = []
    for name in given.names or NAMES:
        rows += measure(name, given.compiled, given.seconds)
        print(f"{name}: done", file=sys.stderr)
    print(table(rows))
    if given.json is not None:
        given.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
