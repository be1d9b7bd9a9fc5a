"""What a size may not be: without a value, or too large to be worth computing."""

from fractions import Fraction

MAX_BITS = 4096
MAX_TERMS = 2000
MAX_EXPONENT = 4096
MAX_DEPTH = 48


class SizeError(Exception):
    """A size that has no value: division by zero, a list index out of range, a missing size."""


class SizeLimit(Exception):
    """A size beyond the limits of integer width, number of terms or nesting."""


def check_number(value: int | Fraction) -> None:
    """Raise `SizeLimit` if `value` is wider than `MAX_BITS`."""
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise SizeLimit(f"a number of more than {MAX_BITS} bits")


def check_power(base: int | Fraction, exponent: int) -> None:
    """Raise `SizeLimit` before `base ** exponent` is computed, if it would be too wide."""
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits > 1 and (bits - 1) * abs(exponent) > MAX_BITS:
        raise SizeLimit(f"a power of more than {MAX_BITS} bits")


def check_exponent(exponent: int) -> None:
    """Raise `SizeLimit` for a power of a symbol that is out of bounds."""
    if abs(exponent) > MAX_EXPONENT:
        raise SizeLimit(f"an exponent beyond {MAX_EXPONENT}")


def check_terms(count: int) -> None:
    """Raise `SizeLimit` if a size has too many terms."""
    if count > MAX_TERMS:
        raise SizeLimit(f"a size of more than {MAX_TERMS} terms")
