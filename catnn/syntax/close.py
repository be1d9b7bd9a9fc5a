"""The name that was probably meant."""

from collections.abc import Iterable


def close(name: str, names: Iterable[str]) -> str | None:
    """The nearest of `names`, None if none is near."""
    # Needed only when something is wrong.
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, sorted(set(names)), 1)), None)
