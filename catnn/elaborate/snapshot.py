"""Unification that is undone if it fails."""

from collections.abc import Callable

from catnn.elaborate.unify import Mismatch, Pending, Unifier


def attempt(unifier: Unifier, action: Callable[[], None]) -> bool:
    """Run `action`; on a mismatch restore the unifier and return False."""
    kept = (
        dict(unifier.dims),
        dict(unifier.rows),
        dict(unifier.types),
        dict(unifier.backing),
        list(unifier.waiting),
        list(unifier.obligations),
    )
    try:
        action()
        return True
    except (Mismatch, Pending):
        (
            unifier.dims,
            unifier.rows,
            unifier.types,
            unifier.backing,
            unifier.waiting,
            unifier.obligations,
        ) = kept
        return False
