"""Scans of the cells that torch has kernels for: LSTM, GRU and Elman's, however they were written.

A kernel runs the steps of a whole sequence in one call: five to ten times
faster than one operation after the other.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from attrs import frozen

from catnn.ir.terms import Apply, Constant, Loop, Project, Term, TupleTerm
from catnn.types.dims import Dim
from catnn.types.types import Tensor
from catnn_torch.regions import body_leaves, locality

Kind: TypeAlias = Literal["lstm", "gru", "rnn_tanh", "rnn_relu"]

ROWS_BY_COLUMNS: dict[object, int] = {((0, 1), (2, 1)): 0, ((2, 1), (0, 1)): 1}
"""The labels of `[batch, i], [o, i] -> [batch, o]`, and which operand is the batch."""


@frozen
class Affine:
    """`weight v + biases` for one variable `v` of shape [batch, n], or for the sum of two."""

    weights: dict[Term, Term]
    biases: tuple[Term, ...]


@frozen
class Cell:
    """What a kernel needs: weights of input and state, their biases, and the order of the states.

    `order[k]` is the place of the kernel's state `k` (h, then c) in the loop's.
    """

    kind: Kind
    weight_ih: Term
    weight_hh: Term
    biases: tuple[Term, ...]
    order: tuple[int, ...]


def recognised(loop: Loop) -> Cell | None:
    """The kernel's cell that a scan runs, or None."""
    if loop.kind != "scan" or loop.order or loop.body.stores or loop.body.aux or body_leaves(loop):
        return None
    result = loop.body.result
    state, item = loop.body.parameters
    if not isinstance(result, TupleTerm) or len(result.items) != 2 or not _is_batch(item):
        return None
    found = _elman(loop, state, result) or _gru(loop, state, result) or _lstm(loop, state, result)
    if found is None:
        return None
    local = locality(loop)
    fixed = (found.weight_ih, found.weight_hh, *found.biases)
    return None if any(map(local.is_local, fixed)) else found


# ---- the cells --------------------------------------------------------------------------


def _elman(loop: Loop, state: Term, result: TupleTerm) -> Cell | None:
    """s' = tanh(W x + U s + b), or relu."""
    following, output = result.items
    if following != output or not isinstance(output, Apply) or output.op not in ("tanh", "relu"):
        return None
    item = loop.body.parameters[1]
    found = _affine(output.arguments[0], (item, state))
    if found is None:
        return None
    kind: Kind = "rnn_tanh" if output.op == "tanh" else "rnn_relu"
    return _cell(kind, found.weights[item], found.weights[state], found.biases, (0,))


def _gru(loop: Loop, state: Term, result: TupleTerm) -> Cell | None:
    """s' = (1 - z) n + z s with r, z = sigmoid(a + b), n = tanh(a_n + r b_n)."""
    following, output = result.items
    if following != output:
        return None
    item = loop.body.parameters[1]
    for one, other in _both(output, "add"):
        for z, old in _both(one, "mul"):
            for kept, n in _both(other, "mul"):
                if old == state and _is_one_minus(kept, z):
                    gates = _gru_gates(z, n)
                    if gates is not None:
                        return _gru_cell(gates, item, state)
    return None


def _gru_gates(z: Term, n: Term) -> tuple[Term, Term] | None:
    """The stacked terms (of input, of state) whose thirds are r, z and n."""
    for own, rest in _both(_argument(n, "tanh"), "add"):
        for r, other in _both(rest, "mul"):
            a, b = _part(own, 3), _part(other, 3)
            if a is None or b is None or a[1:] != (2,) or b[1:] != (2,):
                continue
            if _sums_to(r, 0, a[0], b[0]) and _sums_to(z, 1, a[0], b[0]):
                return a[0], b[0]
    return None


def _sums_to(gate: Term, number: int, a: Term, b: Term) -> bool:
    """Whether a gate is sigmoid(a_number + b_number)."""
    due = {(a, number), (b, number)}
    return any(
        {_part(one, 3), _part(other, 3)} == due
        for one, other in _both(_argument(gate, "sigmoid"), "add")
    )


def _gru_cell(gates: tuple[Term, Term], item: Term, state: Term) -> Cell | None:
    own, old = _affine(gates[0], (item,)), _affine(gates[1], (state,))
    if own is None or old is None or len(own.biases) != len(old.biases) or len(own.biases) > 1:
        return None
    biases = (*own.biases, *old.biases)
    return _cell("gru", own.weights[item], old.weights[state], biases, (0,))


def _lstm(loop: Loop, state: Term, result: TupleTerm) -> Cell | None:
    """c' = f c + i g, h' = o tanh(c'), gates stacked as i, f, g, o."""
    following, output = result.items
    if not isinstance(following, TupleTerm) or len(following.items) != 2:
        return None
    if output not in following.items:
        return None
    place = following.items.index(output)
    cell = following.items[1 - place]
    old = [Project(state, k, following.items[k].type) for k in (place, 1 - place)]
    for gate, rest in _both(output, "mul"):
        if _argument(rest, "tanh") != cell:
            continue
        for one, other in _both(cell, "add"):
            for f, c in _both(one, "mul"):
                for i, g in _both(other, "mul"):
                    gates = [_argument(term, "sigmoid") for term in (i, f, gate)]
                    gates.insert(2, _argument(g, "tanh"))
                    found = _stacked(gates)
                    if c == old[1] and found is not None:
                        return _lstm_cell(found, loop.body.parameters[1], old[0], place)
    return None


def _lstm_cell(stacked: Term, item: Term, h: Term, place: int) -> Cell | None:
    found = _affine(stacked, (item, h))
    if found is None:
        return None
    order = (place, 1 - place)
    return _cell("lstm", found.weights[item], found.weights[h], found.biases, order)


def _stacked(gates: Sequence[Term | None]) -> Term | None:
    """The term whose equal parts are the gates in order."""
    parts = [None if gate is None else _part(gate, len(gates)) for gate in gates]
    first = parts[0]
    if first is None or any(part != (first[0], k) for k, part in enumerate(parts)):
        return None
    return first[0]


def _cell(
    kind: Kind, weight_ih: Term, weight_hh: Term, biases: tuple[Term, ...], order: tuple[int, ...]
) -> Cell | None:
    return None if len(biases) > 2 else Cell(kind, weight_ih, weight_hh, biases, order)


# ---- parts of terms ---------------------------------------------------------------------


def _is_batch(term: Term) -> bool:
    return isinstance(term.type, Tensor) and len(term.type.shape) == 2


def _argument(term: Term, op: str) -> Term | None:
    return term.arguments[0] if isinstance(term, Apply) and term.op == op else None


def _both(term: Term | None, op: str) -> Iterator[tuple[Term, Term]]:
    """The operands of a commutative operation on two batches, in both orders."""
    if isinstance(term, Apply) and term.op == op and all(map(_is_batch, term.arguments)):
        one, other = term.arguments
        yield one, other
        yield other, one


def _is_one_minus(term: Term, z: Term) -> bool:
    if not (isinstance(term, Apply) and term.op == "sub"):
        return False
    one, other = term.arguments
    return isinstance(one, Constant) and one.value == 1 and other == z


def _part(term: Term, count: int) -> tuple[Term, int] | None:
    """`(whole, k)` where a term is the `k`-th of `count` equal parts of [batch, count * n]."""
    if isinstance(term, Apply) and term.op == "reshape":
        term = term.arguments[0]
    if not isinstance(term, Apply) or term.op != "slice" or term.attr("axis") != 1:
        return None
    start, length, whole = term.attr("start"), term.attr("length"), term.arguments[0]
    if not (isinstance(start, Dim) and isinstance(length, Dim) and isinstance(whole.type, Tensor)):
        return None
    shape = whole.type.shape
    if isinstance(whole, Apply) and whole.op == "reshape" and len(shape) == 3:
        inner = whole.arguments[0]
        is_split = length == Dim.of(1) and shape[1] == Dim.of(count) and _is_batch(inner)
        at = start.as_int()
        return (inner, at) if is_split and at is not None else None
    if len(shape) != 2 or shape[1] != length * count:
        return None
    found = [k for k in range(count) if start == length * k]
    return (whole, found[0]) if found else None


def _affine(term: Term, variables: tuple[Term, ...]) -> Affine | None:
    """A sum of one matrix for each variable and of vectors."""
    weights: dict[Term, Term] = {}
    biases: list[Term] = []
    pending = [term]
    while pending:
        part = pending.pop()
        if not isinstance(part, Apply):
            return None
        if part.op == "contract":
            found = _matrix(part)
            if found is None or found[0] not in variables or found[0] in weights:
                return None
            weights[found[0]] = found[1]
        elif part.op == "add":
            for argument, carried in zip(part.arguments, part.carries, strict=True):
                if _is_batch(argument):
                    pending.append(argument)
                elif isinstance(argument.type, Tensor) and carried == (1,):
                    biases.append(argument)  # the same for each item of the batch
                else:
                    return None
        else:
            return None
    return Affine(weights, tuple(biases)) if len(weights) == len(variables) else None


def _matrix(term: Apply) -> tuple[Term, Term] | None:
    """The batch of vectors and the matrix `[o, i]` of a contraction `[batch, i], [o, i] -> [batch, o]`."""
    batch = ROWS_BY_COLUMNS.get(term.attr("operands"))
    if batch is None or term.attr("result") != (0, 2):
        return None
    return term.arguments[batch], term.arguments[1 - batch]


# ---- what emitted files say ---------------------------------------------------------------

_HEAD = {
    "lstm": '''\
def lstm(x, state, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    """A long short-term memory along `x`, [t, batch, i]: by the kernel of torch.nn.LSTM."""
''',
    "gru": '''\
def gru(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    """Gated recurrent units along `x`, [t, batch, i]: by the kernel of torch.nn.GRU."""
''',
    "rnn_tanh": '''\
def rnn_tanh(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    """Recurrent units along `x`, [t, batch, i]: by the kernel of torch.nn.RNN."""
''',
    "rnn_relu": '''\
def rnn_relu(x, h, weight_ih, weight_hh, bias_ih=None, bias_hh=None):
    """Recurrent units along `x`, [t, batch, i]: by the kernel of torch.nn.RNN."""
''',
}
_LEAVES = """\
    if bias_ih is not None and bias_hh is None:
        bias_hh = torch.zeros_like(bias_ih)
"""
_STEPS = {
    "lstm": """\
    h, c = state
    if torch.compiler.is_compiling():  # the compiler takes no such kernel
        outputs = []
        for item in F.linear(x, weight_ih, bias_ih).unbind(0):
            i, f, g, o = (item + F.linear(h, weight_hh, bias_hh)).chunk(4, -1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs), h, c
""",
    "gru": """\
    if torch.compiler.is_compiling():  # the compiler takes no such kernel
        outputs = []
        for item in F.linear(x, weight_ih, bias_ih).unbind(0):
            (a, b, c), (r, z, n) = item.chunk(3, -1), F.linear(h, weight_hh, bias_hh).chunk(3, -1)
            z = torch.sigmoid(b + z)
            h = (1 - z) * torch.tanh(c + torch.sigmoid(a + r) * n) + z * h
            outputs.append(h)
        return torch.stack(outputs), h
""",
    "rnn_tanh": """\
    if torch.compiler.is_compiling():  # the compiler takes no such kernel
        outputs = []
        for item in F.linear(x, weight_ih, bias_ih).unbind(0):
            h = torch.tanh(item + F.linear(h, weight_hh, bias_hh))
            outputs.append(h)
        return torch.stack(outputs), h
""",
}
_STEPS["rnn_relu"] = _STEPS["rnn_tanh"].replace("torch.tanh", "F.relu")
_CALL = """\
    has_biases = bias_ih is not None
    weights = (weight_ih, weight_hh, bias_ih, bias_hh) if has_biases else (weight_ih, weight_hh)
    grad = torch.is_grad_enabled()
"""
_END = {
    "lstm": """\
    start = (h[None].contiguous(), c[None].contiguous())
    y, h, c = torch.lstm(x, start, weights, has_biases, 1, 0.0, grad, False, False)
    return y, h[0], c[0]""",
    **{
        kind: f"""\
    y, h = torch.{kind}(x, h[None].contiguous(), weights, has_biases, 1, 0.0, grad, False, False)
    return y, h[0]"""
        for kind in ("gru", "rnn_tanh", "rnn_relu")
    },
}

HELPERS = {kind: _HEAD[kind] + _LEAVES + _STEPS[kind] + _CALL + _END[kind] for kind in _HEAD}

__all__ = ["HELPERS", "Cell", "recognised"]
