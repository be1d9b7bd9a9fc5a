"""Reused keys, and counts, of multi-matrix factorization attention."""

import pytest

from tests.references.case import model, reals
from tests.references.harness import close, parameters

pytestmark = pytest.mark.torch

SIZES = {"d": 10, "h": 3, "c": 4, "rank": 5}


def test_with_closed_gates_values_are_keys() -> None:
    reused = model("mfa").bind(**SIZES, reuse=True).torch(seed=1).double()
    plain = model("mfa").bind(**SIZES).torch().double()
    leaves = dict(reused.state_dict())
    assert leaves.pop("gate").eq(0).all()
    leaves.pop("mix.weight")
    plain.load_state_dict({**leaves, "v.weight": leaves["k.weight"]})
    x = reals(2, 6, 10)
    close("reused", reused(x), plain(x))


@pytest.mark.parametrize("reuse", [False, True])
def test_parameters(reuse: bool) -> None:
    """d q + q + q m C + 2 d C + m C d; with reuse, C + C^2 in the place of one d C."""
    d, m, c, q = (SIZES[name] for name in ("d", "h", "c", "rank"))
    values = c + c * c if reuse else d * c
    bound = model("mfa").bind(**SIZES, reuse=reuse)
    due = d * q + q + q * m * c + d * c + values + m * c * d
    assert parameters(bound.torch()) == bound.cost().parameters == due


def test_one_token_sees_itself() -> None:
    module = model("mfa").bind(**SIZES).torch(seed=2).double()
    leaves = module.state_dict()
    x = reals(1, 1, 10)
    value = (x[0] @ leaves["v.weight"].T).repeat(1, SIZES["h"])
    close("one token", module(x)[0], value @ leaves["out.weight"].T)
