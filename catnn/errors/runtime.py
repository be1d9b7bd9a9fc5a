"""What a module raises for inputs that do not fit its type."""


class ShapeError(ValueError):
    """An input of the wrong rank, size or kind; the message names it and the axis."""


class IndexRangeError(IndexError):
    """An index outside its set; the message names the input and the set's size."""
