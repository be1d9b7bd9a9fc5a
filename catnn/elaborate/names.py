"""Did you mean: the nearest of the names in sight."""

from collections.abc import Iterable


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The most similar candidate, or None if none is similar."""
    from difflib import get_close_matches

    found = get_close_matches(name, sorted(set(candidates)), n=1, cutoff=0.6)
    return found[0] if found else None


def suggestion(name: str, candidates: Iterable[str]) -> str | None:
    """A help line, or None."""
    found = nearest(name, candidates)
    return None if found is None else f"did you mean `{found}`?"


def written(name: str) -> str:
    """A primitive as one writes it: `push_sum` is `push[sum]`."""
    head, _, reduction = name.partition("_")
    return f"push[{reduction}]" if head == "push" and reduction else name
