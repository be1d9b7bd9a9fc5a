"""Programs that are drawn, one for each kind of term, and the examples."""

from functools import cache
from pathlib import Path

from catnn.draw.diagram import Diagram
from catnn.draw.write import diagram
from catnn.pipeline import Checked, check, check_text, with_room

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.cat"))

PROGRAMS = {
    "chain": "model m : [4] -> [2] = linear[3] >> relu >> linear[2] as head",
    "residual": "model m : [n, d] -> [n, d] = id + (layernorm >> linear[d])",
    "product": "model m : [d] -> [8] = (linear[8] >> sigmoid) * linear[8]",
    "fan": "model m : [d] -> ([10], [4]) = linear[6] >> (linear[10] & linear[4])",
    "parallel": "model m : ([d], [e]) -> ([3], [e]) = linear[3] | relu",
    "swap": "model m : ([d], [e]) -> ([e], [d]) = swap >> (relu | tanh)",
    "repeat": "model m[k = 6] : [d] -> [d] = repeat[k] (id + (layernorm >> mlp[4 * d]))",
    "trail": "model m : [d] -> [4, d] = trail[3] (linear[d] >> tanh)",
    "iterate": "model m : [d] -> [d] = iterate[10] (linear[d] >> tanh)",
    "copies": "model m : [n, d] -> [n, 4, d] = {n d -> n 4 d} >> copies[4] linear[d]",
    "scan": "model m : ([h], [t, h]) -> ([h], [t, h]) = scan ((s, x) => let y = tanh(s + x); (y, y))",
    "stages": "model m : [3, h, w] -> [64, h, w] = (>> i < 3) (conv[16 * 2^i, 3, pad = 1] >> relu) as stages",
    "sum": "model m[k = 3] : [d] -> [d] = (+ i < k) (linear[d] >> tanh)",
    "tuple": "morph heads[k, w : int[k]] : [d] -> [sum(w)] = (& i < k) linear[w[i]] >> concat\n"
    "model m : [n, 8] -> [n, 8] = heads[w = (4, 3, 1)]",
    "context": "morph film : [d] -> [d] over time : [e] = x => x * linear[d](time) + linear[d](time)\n"
    "model m : [n, d] -> [n, d] over time : [e] = repeat[2] (linear[d] >> film >> silu)",
    "share": "model m : ([d], [d]) -> [] = (a, b) =>\n  share encoder = linear[16] >> relu;\n"
    "  let (u, v) = (encoder(a), encoder(b));\n  sum(u * v)",
    "local": "model m : [d] -> [d] = x =>\n  morph g[w] = linear[w] >> relu >> linear[d];\n  g[8](x) + g[9](x)",
    "argument": "morph twice[f : A -> A] : A -> A = f >> f\nmodel m : [d] -> [d] = twice[linear[d] as q >> tanh]",
    "condition": "morph widen[c] : [d] -> [c] = if c == d then id else linear[c]\n"
    "model m[d = 4] : [d] -> [8] = widen[d] >> widen[8]",
    "training": "model m : [3] -> [3] = x => if training then x + 1 else x",
    "buffer": "model m : [c, 8, 8] -> [c, 8, 8] = batchnorm >> relu",
    "table": "model m : [n, d] -> [n, d] = x => x + [i / (1 + j) for i < n, j < d]",
    "lookup": "model m[v = 9, d = 4] : ix(v)[n] -> [n, v] = t =>\n  param w : [v, d] ~ normal[1.0];\n"
    "  w(t) >> layernorm >> y => {n d, v d -> n v}(y, w)",
    "adjoint": "model m : [k] -> [d] = dagger linear[k, bias = false]",
    "axes": "model m : [n, d] -> [n, d] = mlp[16]{[n] d} >> softmax{n [d]}",
    "squared": "model m : [d] -> [d] = x => x * x",
    "constant": "model m : [d] -> ([d], []) = x => (2 * x - 1, 3.0)",
    "unused": "model m : ([d], [e]) -> [d] = (x, y) => x",
    "identity": "model m : [d] -> [d] = id",
    "record": "model m : (left : [d], right : [d]) -> (sum : [d], gap : [d]) = p =>\n"
    "  (sum = p.left + p.right, gap = p.left - p.right)",
    "wide": "model m : [d] -> [12, d] = (& i < 12) linear[d] >> xs => [xs[0], xs[1], xs[2], xs[3], xs[4], xs[5], "
    "xs[6], xs[7], xs[8], xs[9], xs[10], xs[11]]",
    "recursion": "morph hourglass[k] : [c, h, w] -> [c, h, w] where 2^k divides h, 2^k divides w =\n"
    "  if k == 0 then conv[c, 3, pad = 1]\n  else id + (maxpool[2] >> hourglass[k - 1] >> upsample[2])\n"
    "model m : [c, 16, 16] -> [c, 16, 16] = hourglass[3]",
    "random": "model m : [d] -> [d] = x =>\n  draw z : [d] ~ normal(0, 1);\n  x + z >> dropout[0.1]",
    "thin": "model m[h = 2, d = 8] : [n, d] -> [n, d] where h divides d = attention[h]",
    "aside": "model m : [d] -> [d] = x =>\n  aux balance <- sum(x);\n  linear[d](x)",
}


@cache
def checked(program: str) -> Checked:
    """A program above, or an example by its name; it has no errors."""
    path = EXAMPLES[0].parent / f"{program}.cat"
    found = check(path) if path in EXAMPLES else check_text(PROGRAMS[program] + "\n")
    errors = [d.message for d in found.diagnostics if d.severity == "error"]
    assert not errors, errors
    return found


def name_of(program: str) -> str:
    return "m" if program in PROGRAMS else program


@cache
def drawn(program: str, **settings: int) -> Diagram:
    return with_room(lambda: diagram(checked(program), name_of(program), settings))
