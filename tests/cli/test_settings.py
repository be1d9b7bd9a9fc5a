"""What `--set` and `--at` take."""

import pytest

from catnn.cli.settings import Value, run_time_sizes, settings
from catnn.cli.usage import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("d=64,h=4", {"d": 64, "h": 4}),
        ("depths=(3,4,6,3)", {"depths": (3, 4, 6, 3)}),
        ("a=( 1, -2 ,), b=()", {"a": (1, -2), "b": ()}),
        ("rate=1e-3,p=.5,q=-2,r=1.", {"rate": 1e-3, "p": 0.5, "q": -2, "r": 1.0}),
        ('causal=true,bias=false,norm=sym,name="a, b)"', {"causal": True, "bias": False, "norm": "sym", "name": "a, b)"}),
        (" d = 64 , ", {"d": 64}),
        ("", {}),
    ],
)  # fmt: skip
def test_bindings(text: str, expected: dict[str, Value]) -> None:
    found = settings("--set", [text])
    assert found == expected
    assert [type(value) for value in found.values()] == [type(v) for v in expected.values()]


def test_several_flags_add_up_and_a_name_comes_once() -> None:
    assert settings("--set", ["a=1", "b=2"]) == {"a": 1, "b": 2}
    with pytest.raises(UsageError, match="gives `a` twice"):
        settings("--set", ["a=1", "b=2,a=3"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("d", "`d` in --set is no binding"),
        ("=3", "`=3` in --set is no binding"),
        ("d=", "not a number"),
        ("d=1+2", "not a number"),
        ("depths=[3,4]", "not a number"),
        ("depths=(3,4", "a bracket or quote is not closed"),
        ("depths=3)", "a bracket or quote is not closed"),
        ("depths=(3,x)", "`depths` in --set is a list of whole numbers, and `x` is none"),
        ('s="abc', "a bracket or quote is not closed"),
    ],
)
def test_what_is_no_binding_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings("--set", [text])
    assert message in str(caught.value)


def test_run_time_sizes_are_whole_numbers() -> None:
    assert run_time_sizes(["b=8,n=128"]) == {"b": 8, "n": 128}
    for text in ("b=-1", "b=1.5", "b=true", "b=x", "b=(1,2)"):
        with pytest.raises(UsageError, match="a value that is no size"):
            run_time_sizes([text])
