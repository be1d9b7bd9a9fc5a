"""Unification that is undone if it fails."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from catnn.elaborate.unify import Mismatch, Pending, Unifier

if TYPE_CHECKING:
    from catnn.elaborate.context import Elaborator

T = TypeVar("T")


def tried(e: "Elaborator", build: Callable[[], T]) -> T | None:
    """What `build` gives; None if it fails, and then nothing that it did or reported stays."""
    from catnn.elaborate.context import Abandon

    found: list[T] = []
    checker, definition = e.checker, e.definition
    reported, seen = list(checker.diagnostics), set(checker.seen)
    filled = list(e.filled)
    kept = dict(e.wanted), list(e.additive), list(e.claims), dict(e.instances), set(e.constants)
    required, additive = list(definition.requirements), set(definition.additive)
    state, facts = definition.state, e.unifier.facts
    if attempt(e.unifier, lambda: found.append(build()), (Abandon,)):
        return found[0]
    checker.diagnostics[:], checker.seen = reported, seen
    e.wanted, e.additive, e.claims, e.instances, e.constants = kept
    e.filled = filled
    definition.requirements[:], definition.additive = required, additive
    definition.state, e.unifier.facts = state, facts
    return None


def attempt(
    unifier: Unifier,
    action: Callable[[], None],
    failures: tuple[type[Exception], ...] = (),
) -> bool:
    """Run `action`; on a mismatch (or another failure) restore the unifier and return False."""
    kept = (
        dict(unifier.dims),
        dict(unifier.rows),
        dict(unifier.types),
        dict(unifier.backing),
        list(unifier.waiting),
        list(unifier.obligations),
    )
    caught: tuple[type[Exception], ...] = (Mismatch, Pending, *failures)
    try:
        action()
        return True
    except caught:
        (
            unifier.dims,
            unifier.rows,
            unifier.types,
            unifier.backing,
            unifier.waiting,
            unifier.obligations,
        ) = kept
        return False
