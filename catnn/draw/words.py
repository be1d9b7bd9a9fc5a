"""What stands in boxes and on wires: short forms of factors and types as they are written."""

import re

LONGEST = 28
SYMBOLS = {
    "add": "+",
    "sub": "−",
    "mul": "×",
    "div": "÷",
    "pow": "^",
    "mod": "%",
    "floordiv": "//",
    "minimum": "min",
    "maximum": "max",
    "lt": "<",
    "le": "≤",
    "gt": ">",
    "ge": "≥",
    "eq": "=",
    "ne": "≠",
    "neg": "−",
    "logical_and": "and",
    "logical_or": "or",
    "logical_not": "not",
}
_HEAD = re.compile(r"[A-Za-z_]\w*'*")


def flat(text: str) -> str:
    """Text on one line, without comments."""
    lines = (line.split("#", 1)[0] for line in text.splitlines())
    joined = " ".join(" ".join(lines).split())
    return re.sub(r"(?<=[\[(]) | (?=[\])])", "", joined)


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip(" ,") + "…"


def factor(text: str, head: str, longest: int = LONGEST) -> str:
    """`conv[o, 3, pad = 1] as conv` for the head `conv` as `conv[o, 3, pad = 1]`, or shorter.

    The head alone where the text is of something else; without a head, any is right.
    """
    text = flat(text)
    found = _HEAD.match(text)
    if found is None or head not in ("", found[0]):
        return head
    head = found[0]
    rest, brackets, axes = text[found.end() :], "", ""
    if rest.startswith("["):
        brackets = _bracket(rest, "[]")
        rest = rest[len(brackets) :]
    if rest.startswith("{"):
        axes = _bracket(rest, "{}")
    return f"{head}{_arguments(brackets, longest - len(head) - len(axes))}{axes}"


def pattern(text: str, longest: int = 34) -> str:
    """The pattern at the start of a factor, `{n (h e) -> h n e}`, or what stands for one: `concat`."""
    text = flat(text)
    start, head = text.find("{"), _HEAD.match(text)
    if head is not None and (start < 0 or start > head.end()):
        return head[0]
    return shortened(_bracket(text[max(start, 0) :], "{}"), longest)


def _bracket(text: str, pair: str) -> str:
    """The bracketed text at the start."""
    depth = 0
    for index, character in enumerate(text):
        depth += (character == pair[0]) - (character == pair[1])
        if depth == 0:
            return text[: index + 1]
    return text


def split(text: str) -> list[str]:
    """The parts of a list between commas that stand in no bracket."""
    found, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character in "[({") - (character in "])}")
        if character == "," and depth == 0:
            found.append(text[start:index].strip())
            start = index + 1
    return [part for part in [*found, text[start:].strip()] if part]


def _arguments(brackets: str, room: int) -> str:
    """`[a, b, c = 1]` with as many arguments as fit; initialisers first to go."""
    if not brackets:
        return ""
    items = [item for item in split(brackets[1:-1]) if not re.match(r"\w*init\b", item)]
    shown = f"[{', '.join(items)}]" if items else ""
    while len(shown) > room and len(items) > 1:
        items.pop()
        shown = f"[{', '.join(items)}, …]"
    return shown if len(shown) <= max(room, 8) else "[…]"
