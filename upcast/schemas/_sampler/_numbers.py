"""Numbers at and just inside their limits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from upcast.schemas.shapes import DecimalNumber, Integer, Number, Numeric

__all__ = ["distinct_numbers", "ends_of", "fits", "has_room", "near", "numbers", "step_of"]

_N = TypeVar("_N", int, float, Decimal)

_INTEGERS = (1, 0, -1, 2, 100, -100, 2**31, -(2**31) - 1, 2**53 + 1, 2**63, -(2**63) - 1, 10**20)
_FLOATS = (1.5, 0.0, -1.5, 1.0, 0.1, -0.5, 100.25, 1e-7, 123456789.125, 2.0**53, 1e300, -1e300)
_DECIMALS = ("1.5", "0", "-1.5", "1", "1.10", "0.01", "-100", "123456789.125", "12345678901234567.89", "1E+2", "1E-7")


def _integers(shape: Integer) -> list[int]:
    """Whole numbers: a plain one, those at the limits and next to them, and such as other types cannot hold."""
    step = step_of(shape)
    low, high = ends_of(shape, step)
    plain = [1, step, low, high]
    edges = [low, high, *(None if end is None else end + by for end, by in ((low, step), (high, -step)))]
    far = (number * step for number in _INTEGERS)
    return _kept(shape, [number for number in [*plain[:3], *edges, *_INTEGERS, *far] if number is not None])


def step_of(shape: Integer) -> int:
    """What every whole number is a multiple of."""
    return max(1, math.ceil(shape.multiple_of)) if isinstance(shape.multiple_of, int | float) else 1


def ends_of(shape: Integer, step: int) -> tuple[int | None, int | None]:
    """The least and the greatest whole number, as far as there are."""
    lows = [math.ceil(Fraction(shape.minimum))] if shape.minimum is not None else []
    lows += [math.floor(Fraction(shape.exclusive_minimum)) + 1] if shape.exclusive_minimum is not None else []
    highs = [math.floor(Fraction(shape.maximum))] if shape.maximum is not None else []
    highs += [math.ceil(Fraction(shape.exclusive_maximum)) - 1] if shape.exclusive_maximum is not None else []
    return (
        -(-max(lows) // step) * step if lows else None,
        min(highs) // step * step if highs else None,
    )


def _floats(shape: Number) -> list[float]:
    """Numbers with a fraction and without one, and those at the limits and next to them."""
    step = None if shape.multiple_of is None else float(shape.multiple_of)
    edges: list[float] = []
    for bound, towards, exclusive in (
        (shape.minimum, math.inf, False),
        (shape.exclusive_minimum, math.inf, True),
        (shape.maximum, -math.inf, False),
        (shape.exclusive_maximum, -math.inf, True),
    ):
        if bound is None:
            continue
        end = float(bound)
        if step is not None:
            # Products may miss a multiple by a rounding error, so those next to it are tried too.
            edges += [round(end / step) * step + by * step for by in (0, 1, -1)]
        elif exclusive:
            edges += [math.nextafter(end, towards), end + math.copysign(0.5, towards)]
        else:
            edges += [end, math.nextafter(end, towards), end + math.copysign(0.5, towards)]
    steps = [] if step is None else [step, 2 * step, 3 * step, -step, 10 * step]
    middle = [_middle(shape)]
    return _kept(shape, [1.5, *edges, *steps, *_FLOATS, *middle])


def _middle(shape: Number) -> float:
    """A number between two limits that may be close together."""
    low = max(float(bound) for bound in (shape.minimum, shape.exclusive_minimum, -1e300) if bound is not None)
    high = min(float(bound) for bound in (shape.maximum, shape.exclusive_maximum, 1e300) if bound is not None)
    return low / 2 + high / 2


def _decimals(shape: DecimalNumber) -> list[Decimal]:
    """Decimal numbers with as many digits as there may be, and those at the limits and next to them."""
    places = shape.decimal_places
    if places is None:
        places = 2 if shape.max_digits is None else min(2, shape.max_digits)
    least = Decimal(1).scaleb(-places)
    bounds = [
        Decimal(str(bound))
        for bound in (shape.minimum, shape.exclusive_minimum, shape.maximum, shape.exclusive_maximum)
        if bound is not None
    ]
    edges = [bound + by for bound in bounds for by in (0, least, -least, 1, -1)]
    if shape.max_digits is not None:
        whole = Decimal(10) ** (shape.max_digits - places)
        edges += [whole - least, -(whole - least), whole - 1]
    if shape.multiple_of is not None:
        edges += [Decimal(str(shape.multiple_of)) * by for by in (1, 2, 3, -1, 10)]
    numbers = [Decimal("1.5"), *edges, least, *map(Decimal, _DECIMALS)]
    return [number for number in _kept(shape, numbers) if has_room(shape, number)]


def has_room(shape: DecimalNumber, number: Decimal) -> bool:
    """Whether a decimal has no more digits than it may."""
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    count, places = (len(digits) + exponent, 0) if exponent >= 0 else (max(len(digits), -exponent), -exponent)
    if shape.decimal_places is not None and places > shape.decimal_places:
        return False
    if shape.max_digits is None:
        return True
    whole = shape.max_digits - (shape.decimal_places or 0)
    return count <= shape.max_digits and count - places <= whole


def numbers(shape: Numeric) -> list[Any]:
    """Numbers that *shape* takes: a plain one, those at the limits and next to them, and the odd ones."""
    match shape:
        case Integer():
            return _integers(shape)
        case Number():
            return _floats(shape)
        case DecimalNumber():
            return _decimals(shape)
        case _:
            raise AssertionError(type(shape))


def distinct_numbers(shape: Numeric, count: int) -> list[Any]:
    """So many different numbers, or as many as can be made."""
    step = shape.multiple_of if isinstance(shape.multiple_of, int) else 1
    start = near(shape, 1)
    if start is None:
        return []
    around = (sign * offset for offset in range(count + 1) for sign in (1, -1))
    first = int(start) // step
    return list(dict.fromkeys([start, *(near(shape, first + number) for number in around), *numbers(shape)]))[:count]


def near(shape: Numeric, target: float) -> Any:
    """The number next to a given one that *shape* takes; None where it takes none."""
    wanted: list[Any]
    match shape:
        case Integer():
            step = step_of(shape)
            low, high = ends_of(shape, step)
            found = int(target) * step
            found = low if low is not None and found < low else found
            wanted = [high if high is not None and found > high else found]
        case DecimalNumber():
            wanted = [number for number in (Decimal(str(target)), Decimal(int(target))) if has_room(shape, number)]
        case _:
            wanted = [float(target)]
    for number in wanted:
        if fits(shape, number):
            return number
    return min(numbers(shape), key=lambda other: abs(Fraction(other) - Fraction(target)), default=None)


def _kept(shape: Numeric, numbers: Iterable[_N]) -> list[_N]:
    return [number for number in dict.fromkeys(numbers) if fits(shape, number)]


def fits(shape: Numeric, number: float | Decimal) -> bool:
    """Whether a number is within the limits, by exact arithmetic."""
    value = Fraction(number)
    return not (
        (shape.minimum is not None and value < Fraction(shape.minimum))
        or (shape.exclusive_minimum is not None and value <= Fraction(shape.exclusive_minimum))
        or (shape.maximum is not None and value > Fraction(shape.maximum))
        or (shape.exclusive_maximum is not None and value >= Fraction(shape.exclusive_maximum))
        or (shape.multiple_of is not None and value % Fraction(shape.multiple_of) != 0)
    )
