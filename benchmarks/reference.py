"""catnn against the libraries that people use, with the same weights and inputs.

    python -m benchmarks.reference [NAME..] [--compiled] [--seconds 8] [--json FILE]

GPT-2 and Llama are those of transformers (attention through
`scaled_dot_product_attention`), ViT and ResNet those of timm; the sizes are cut
so that two cores take 20 to 200 ms for a forward pass. A quotient above 1 says
that catnn is faster. Outputs are compared before anything is timed.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from attrs import asdict, frozen
from torch import Tensor
from torch.nn import Module

from benchmarks.timing import Race, race
from catnn.api import Model, Setting
from tests.references import test_language_models as language
from tests.references import test_vision_models as sight
from tests.references.harness import Rule, example, redraw, renamed
from tests.references.vision import timm

Call = Callable[[Module, Tensor], Tensor]


@frozen
class Case:
    """One model on both sides: ours from the examples, theirs, and how names go over."""

    name: str
    sizes: dict[str, Setting]
    theirs: Callable[[], Module]
    rules: Sequence[Rule]
    inputs: Callable[[], Tensor]
    call: Call

    @property
    def model(self) -> Model:
        return example(self.name).bind(**self.sizes)


def plain(module: Module, inputs: Tensor) -> Tensor:
    found = module(inputs)
    assert isinstance(found, Tensor)
    return found


def logits(module: Module, inputs: Tensor) -> Tensor:
    found = module(inputs, use_cache=False).logits
    assert isinstance(found, Tensor)
    return found


GPT2 = {"layers": 4, "d": 512, "h": 8, "vocab": 4096, "context": 256}
LLAMA = {"layers": 4, "d": 512, "h": 8, "kv": 2, "w": 1536, "vocab": 4096, "base": 500000.0}


def _vit() -> Module:
    found = timm().create_model("vit_base_patch16_224", pretrained=False, depth=4)
    assert isinstance(found, Module)
    return found


def _resnet() -> Module:
    found = timm().create_model("resnet50", pretrained=False)
    assert isinstance(found, Module)
    return found


def _llama() -> Module:
    return language.llama(**LLAMA)  # type: ignore[arg-type]


CASES = (
    Case("gpt2", dict(GPT2), lambda: language.gpt2(**GPT2), language.GPT2,
         lambda: language.tokens(4096, 2, 128), logits),
    Case("llama", dict(LLAMA), _llama, language.LLAMA,
         lambda: language.tokens(4096, 2, 128), logits),
    Case("vit", {"layers": 4}, _vit, sight.VIT,
         lambda: sight.image(2, 3, 224, 224).float(), plain),
    Case("resnet50", {}, _resnet, sight.resnet_rules((3, 4, 6, 3)),
         lambda: sight.image(2, 3, 128, 128).float(), plain),
)  # fmt: skip


@frozen
class Row:
    """One line of the table: times in milliseconds, `ratio` theirs / ours."""

    case: str
    what: str
    race: Race


def pair(case: Case) -> tuple[Module, Module]:
    """Both modules with the same leaves."""
    theirs = case.theirs()
    saved = theirs.state_dict()
    tables = {name: leaf.clone() for name, leaf in theirs.named_buffers() if name not in saved}
    redraw(theirs, 0)
    buffers = {}
    for name, leaf in theirs.named_buffers():
        if name in tables:
            leaf.copy_(tables[name])  # what the library computed, such as frequencies
        elif not name.endswith("num_batches_tracked"):
            buffers[name] = leaf
    ours = case.model.torch()
    ours.load_state_dict(renamed(dict(theirs.named_parameters()) | buffers, case.rules))
    return ours, theirs


def measure(case: Case, compiled: bool, seconds: float) -> list[Row]:
    """Forward without gradients, and forward with backward."""
    ours, theirs = pair(case)
    inputs = case.inputs()
    rows = []
    with torch.no_grad():
        found = plain(ours.eval(), inputs)
        expected = case.call(theirs.eval(), inputs)
    error = float((found - expected).abs().max() / expected.abs().max().clamp(min=1))
    if error > 1e-3:
        raise SystemExit(f"{case.name}: the outputs differ by {error:.2g}; nothing was timed")
    if compiled:
        ours, theirs = fast(case, ours), cast(Module, torch.compile(theirs))
    with torch.no_grad():
        forward = race(lambda: plain(ours, inputs), lambda: case.call(theirs, inputs), seconds / 3)
    rows.append(Row(case.name, "forward", forward))
    ours.train()
    theirs.train()
    training = race(
        lambda: step(plain, ours, inputs), lambda: step(case.call, theirs, inputs), seconds
    )
    return [*rows, Row(case.name, "forward + backward", training)]


def step(call: Call, module: Module, inputs: Tensor) -> None:
    """One forward and backward pass; gradients are made anew."""
    for leaf in module.parameters():
        leaf.grad = None
    call(module, inputs).square().mean().backward()  # type: ignore[no-untyped-call]


def fast(case: Case, ours: Module) -> Module:
    """Our compiled module with the leaves of an uncompiled one."""
    module = case.model.compile()
    module.load_state_dict(ours.state_dict())
    return module


def table(rows: Sequence[Row]) -> str:
    lines = [
        f"{'model':10} {'what':20} {'catnn ms':>10} {'theirs ms':>10} {'ratio':>7}  quartiles     turns"
    ]
    for row in rows:
        r = row.race
        lines.append(
            f"{row.case:10} {row.what:20} {r.ours:10.1f} {r.theirs:10.1f} {r.ratio:7.3f}"
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
    unknown = set(given.names) - {case.name for case in CASES}
    if unknown:
        parser.error(f"no such model: {', '.join(sorted(unknown))}")
    torch.set_num_threads(given.threads)
    rows: list[Row] = []
    for case in CASES:
        if not given.names or case.name in given.names:
            rows += measure(case, given.compiled, given.seconds)
            print(f"{case.name}: done", file=sys.stderr)
    print(table(rows))
    if given.json is not None:
        given.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
