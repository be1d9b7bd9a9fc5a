"""What a module raises when it is called with the wrong values.

Emitted files define classes of these names themselves, so that they run
without catnn; modules made by catnn raise these.
"""


class ShapeError(ValueError):
    """A rank, size or dtype of an argument does not fit; names the argument and the dimension."""

    __module__ = "catnn"


class IndexRangeError(IndexError):
    """An index lies outside its set; names the argument, the index and the size."""

    __module__ = "catnn"
