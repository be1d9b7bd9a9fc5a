"""Names that need no import may be imported from where one would look for them."""

import catnn

TEXT = """
import std.losses (cross_entropy, kl)
import std.blocks (mlp)
import std.structure (residual)
import std.attention (attention)
import std.graph (push)
model net[k] : [n, 8] -> [n, k] = residual[attention[2]] >> residual[mlp[16]] >> linear[k]
model loss : ([n, 8], ix(3)[n]) -> [n] = (x, y) => cross_entropy(net[3](x), y)
model apart : ([n, k], [n, k]) -> [n] = (p, q) => kl(softmax(p), softmax(q))
model sums : (ix(4)[m], [m, d]) -> [4, d] = (i, x) => push[sum](i, x)
"""


def test_words_and_primitives_are_imported_with_what_they_are_used_with() -> None:
    program = catnn.loads(TEXT)
    assert str(program["loss"].type) == "([n, 8], ix(3)[n]) -> [n]"


def test_a_residual_of_the_user_is_the_one_in_use() -> None:
    text = "morph residual[f : A -> A] : A -> A = f >> f\nmodel m : [4] -> [4] = residual[linear[4]]"
    assert catnn.loads(text)["m"].parameters_formula == 40
