"""`catnn new NAME`: a starter file that checks."""

import re
from argparse import ArgumentParser, Namespace
from pathlib import Path

from catnn import CatError, loads
from catnn.cli.files import write_atomically
from catnn.cli.usage import UsageError

STARTER = """\
# {name}: a perceptron with residual blocks. Try:
#   catnn check {file}
#   catnn type {file}
#   catnn cost {file}:{name} --at b=32
#   catnn emit {file}:{name} -o {name}.py

# A block keeps its width, so that the input can be added to its output.
morph block[w] : [d] -> [d] = id + (linear[w] >> gelu >> linear[d])

# `linear[64]` is a morphism; `>>` composes; each of the `depth` blocks has its own parameters.
model {name}[hidden = 64, depth = 2, classes = 10] : [28 * 28] -> [classes] =
  linear[hidden] as embed >> repeat[depth] block[4 * hidden] as blocks >> linear[classes] as head
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the model; the file is NAME.cat")


def run(options: Namespace) -> int:
    name: str = options.name.removesuffix(".cat")
    if not re.fullmatch(r"[a-z][A-Za-z0-9_]*", name):
        raise UsageError(
            f"`{name}` is no name for a model",
            ["a small letter, then letters, digits and `_`"],
        )
    path = Path(f"{name}.cat")
    if path.exists():
        raise UsageError(f"{path} is there already", ["choose another name, or move it away"])
    text = STARTER.format(name=name, file=path)
    _refuse_taken(name, text)
    write_atomically(path, text)
    print(f"wrote {path}; now try `catnn check {path}`")
    return 0


def _refuse_taken(name: str, text: str) -> None:
    """A word of the language, or a morphism that the starter is made of."""
    try:
        loads(text)
    except CatError:
        help = ["choose a name of its own, for example " + f"`my_{name}`"]
        raise UsageError(f"`{name}` means something in the language", help) from None
