"""Names of factors, under which their parameters live."""

from catnn.elaborate.core import Labelled, Morphism


def labelled(name: str, morphism: Morphism) -> Morphism:
    """`f as name`; the outermost name wins."""
    if isinstance(morphism, Labelled):
        return Labelled(name, morphism.inner)
    return Labelled(name, morphism)
