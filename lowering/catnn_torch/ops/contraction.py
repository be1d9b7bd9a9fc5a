"""Sums of products: `F.linear`, `matmul`, or `einsum`; many operands by the cheapest path."""

from collections.abc import Sequence

from attrs import frozen

from catnn.cost.order import Step, operand_labels, result_labels, steps
from catnn.ir.terms import Apply
from catnn_torch.naming import Wish
from catnn_torch.ops.table import Emitter
from catnn_torch.writer import Writer

Labels = tuple[int, ...]


def contract(writer: Writer, term: Apply) -> str:
    """One product, or several in the order of `catnn.cost.order`."""
    texts = [writer.value(argument) for argument in term.arguments]
    if len(texts) == 1:
        return _einsum(texts, operand_labels(term), result_labels(term))
    *before, last = steps(term, writer.optimise)
    for step in before:
        product = writer.local(Wish("product"))
        writer.line(f"{product} = {_step(writer, texts, step)}")
        texts.append(product)
    return _step(writer, texts, last)


def _step(writer: Writer, texts: list[str], step: Step) -> str:
    """The product of two of some values, which are taken from them."""
    second, first = (texts.pop(place) for place in reversed(step.places))
    return _pair(writer, (first, second), (step.left, step.right), step.result)


def _pair(writer: Writer, texts: Sequence[str], labels: Sequence[Labels], out: Labels) -> str:
    if not writer.optimise:
        return _einsum(texts, labels, out)
    for form in (_linear, _matmul, _matvec, _product):
        found = form(texts, labels, out)
        if found is not None:
            return found
    return _einsum(texts, labels, out)


# ---- linear ---------------------------------------------------------------------------


@frozen
class Linear:
    """`F.linear(x, weight)`: which operand is the matrix."""

    value: int
    weight: int
    transposed: bool


def as_linear(labels: Sequence[Labels], out: Labels) -> Linear | None:
    """A matrix applied to the last axis of a value, all other axes kept in order."""
    for weight in (1, 0):
        matrix, value = labels[weight], labels[1 - weight]
        if len(matrix) != 2 or len(value) < 1 or len(set(matrix)) != 2:
            continue
        summed = value[-1]
        if summed not in matrix or summed in out:
            continue
        kept = matrix[0] if matrix[1] == summed else matrix[1]
        if kept not in value and out == (*value[:-1], kept):
            return Linear(1 - weight, weight, matrix[0] == summed)
    return None


def _linear(texts: Sequence[str], labels: Sequence[Labels], out: Labels) -> str | None:
    found = as_linear(labels, out)
    if found is None:
        return None
    if found.transposed:
        return f"torch.matmul({texts[found.value]}, {texts[found.weight]})"
    return f"F.linear({texts[found.value]}, {texts[found.weight]})"


def biased_linear(writer: Writer, term: Apply) -> str | None:
    """`x W^T + b` in one call, where the product is used for nothing else."""
    first, second = term.arguments
    if not writer.optimise:
        return None
    if not (isinstance(first, Apply) and first.op == "contract" and len(first.arguments) == 2):
        return None
    if first in writer.values or writer.uses.get(first, 0) != 1:
        return None
    rank = len(term.lead)
    if term.carries != (tuple(range(rank)), (rank - 1,)):
        return None
    found = as_linear(operand_labels(first), result_labels(first))
    if found is None or found.transposed:
        return None
    value = writer.value(first.arguments[found.value])
    weight = writer.value(first.arguments[found.weight])
    return f"F.linear({value}, {weight}, {writer.value(second)})"


# ---- matmul -----------------------------------------------------------------------------


def _matmul(texts: Sequence[str], labels: Sequence[Labels], out: Labels) -> str | None:
    """A batched matrix product, where each operand has one axis of its own and one is summed."""
    left, right = labels
    if any(len(set(one)) != len(one) for one in labels):
        return None
    summed = [label for label in left if label in right and label not in out]
    batch = [label for label in out if label in left and label in right]
    if len(summed) != 1 or len(out) - len(batch) > 2 or list(out[: len(batch)]) != batch:
        return None
    own = [[label for label in one if label not in batch and label not in summed] for one in labels]
    if [len(one) for one in own] != [1, 1]:
        return None
    if list(out[len(batch) :]) == [own[0][0], own[1][0]]:
        order = (0, 1)
    elif list(out[len(batch) :]) == [own[1][0], own[0][0]]:
        order = (1, 0)
    else:
        return None
    first, second = order
    one = _arranged(texts[first], labels[first], [*batch, own[first][0], summed[0]])
    other = _arranged(texts[second], labels[second], [*batch, summed[0], own[second][0]])
    return f"torch.matmul({one}, {other})"


def _matvec(texts: Sequence[str], labels: Sequence[Labels], out: Labels) -> str | None:
    """A batch of matrices, each applied to its own vector."""
    for matrix, vector in ((0, 1), (1, 0)):
        rows, one = labels[matrix], labels[vector]
        batch = [label for label in one if label in out]
        summed = [label for label in one if label not in out]
        if len(summed) != 1 or not batch or any(len(set(x)) != len(x) for x in labels):
            continue
        if set(rows) != {*out, *summed} or list(out[:-1]) != batch:
            continue
        a = _arranged(texts[matrix], rows, [*out, summed[0]])
        b = _arranged(texts[vector], one, [*batch, summed[0]])
        return f"torch.matmul({a}, {b}[..., None])[..., 0]"
    return None


def _product(texts: Sequence[str], labels: Sequence[Labels], out: Labels) -> str | None:
    """A product of elements, where nothing is summed."""
    if any(len(set(one)) != len(one) or not set(one) <= set(out) for one in labels):
        return None
    first, second = (_spread(text, one, out) for text, one in zip(texts, labels, strict=True))
    return f"{first} * {second}"


def _spread(text: str, have: Labels, out: Labels) -> str:
    """A value in the order of the result, with axes of size one where it has none."""
    text = _arranged(text, have, [label for label in out if label in have])
    axes = [":" if label in have else "None" for label in out]
    while axes and axes[0] == "None":  # in front, broadcasting adds them
        del axes[0]
    while axes and axes[-1] == ":":
        del axes[-1]
    return f"{text}[{', '.join(axes)}]" if axes else text


def _arranged(text: str, have: Labels, want: Sequence[int]) -> str:
    order = [have.index(label) for label in want]
    if order == sorted(order):
        return text
    swapped = [*range(len(order) - 2), len(order) - 1, len(order) - 2]
    if order == swapped:
        return f"{text}.mT"
    return f"{text}.permute({', '.join(map(str, order))})"


# ---- einsum ------------------------------------------------------------------------------


def letters(labels: Sequence[Labels], out: Labels) -> dict[int, str]:
    """A letter for each label, in order of appearance."""
    found: dict[int, str] = {}
    for one in (*labels, out):
        for label in one:
            found.setdefault(
                label,
                chr(ord("a") + len(found)) if len(found) < 26 else chr(ord("A") + len(found) - 26),
            )
    return found


def _einsum(texts: Sequence[str], labels: Sequence[Labels], out: Labels) -> str:
    names = letters(labels, out)
    spec = ",".join("".join(names[label] for label in one) for one in labels)
    return f'torch.einsum("{spec}->{"".join(names[label] for label in out)}", {", ".join(texts)})'


CONTRACTION: dict[str, Emitter] = {"contract": contract}
__all__ = ["CONTRACTION", "biased_linear"]
