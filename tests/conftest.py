"""What all tests share: `--bless` writes golden files anew instead of comparing with them."""

import sys
from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="write golden files anew")


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written; read them in the diff."""
    return bool(request.config.getoption("--bless"))


@pytest.fixture(autouse=True)
def room_to_recurse() -> Iterator[None]:
    """Trees of the deepest programs are compared field by field: more frames than Python's default."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    yield
    sys.setrecursionlimit(limit)
