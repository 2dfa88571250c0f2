"""Spellings that no writer writes, but that a lax reader takes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from upcast.schemas._sampler._scalars import Value, values
from upcast.schemas.shapes import (
    AnyShape,
    Boolean,
    DecimalNumber,
    Enumeration,
    Formatted,
    Integer,
    Number,
    Text,
)

__all__ = ["spellings"]

_MOMENTS = {
    "date-time": (0, 1709209800.5, "1709209800", "2024-02-29", "2024-02-29 12:30:00Z", "2024-02-29T12:30Z"),
    "date": (0, 19782, "2024-02-29T00:00:00", "2024-02-29T00:00:00Z", "1709164800"),
    "time": (0, 3600.5, "12:30", "12:30:00"),
    "duration": (0, 90000.5, "86400", "1 day, 0:00:01", "P1W"),
}


def spellings(shape: AnyShape) -> Iterator[Value]:
    """Other spellings of the values of *shape*; some may be taken by nobody."""
    match shape:
        case Integer():
            for value in values(shape)[:3]:
                yield from (str(value), float(value))
            yield from (True, False, f" {values(shape)[0]} " if values(shape) else "")
        case Number():
            yield from (str(value) for value in values(shape)[:3])
            yield from (True, False)
        case DecimalNumber():
            for value in values(shape)[:3]:
                yield str(value) if isinstance(value, Decimal) else Decimal(value)
            yield 1
        case Boolean():
            yield from (1, 0, "true", "false", "1", "0", "yes", "no", "on", "off", 1.0)
        case Text():
            for value in values(shape)[:2]:
                yield from ([f" {value} "] if shape.strips else [])
                yield from ([value.swapcase()] if shape.case else [])
        case Enumeration():
            for value in shape.values:
                yield from (str(value), float(value), value == 1) if isinstance(value, int) else (1, 0)
        case Formatted():
            yield from _of_format(shape)
        case _:
            return


def _of_format(shape: Formatted) -> Iterator[Value]:
    yield from _MOMENTS.get(shape.format, ())
    if shape.format in {"uuid", "uri", "ipv4", "ipv6", "email"}:
        for value in values(shape)[:1]:
            text = str(value)
            yield from (text.upper(), text.replace("-", ""), f"urn:uuid:{text}", f"{{{text}}}", text.removesuffix("/"))
    if shape.format == "bytes" and shape.encoding != "utf8":
        yield from ("YQ", "YQ==", "-_8=", "+/8=", "AB", "Ab")
