"""Forms of text in JSON Schema: formats and encodings, both ways, and decimals as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from upcast.schemas.shapes import AnyShape, Bound, DecimalNumber, Formatted, Number, Text

__all__ = [
    "INTEGER_KEY",
    "INTEGER_LIMITS",
    "NUMBER_FORMATS",
    "as_bound",
    "as_number",
    "decimal_of",
    "decimal_pattern",
    "form_document",
    "form_of",
]

# Where the words of a document are not `{"format": ...}` with the name of the form.
_WORDS: tuple[tuple[Formatted, Mapping[str, str]], ...] = (
    (Formatted(format="bytes", encoding="base64"), {"contentEncoding": "base64"}),
    (Formatted(format="bytes", encoding="base64url"), {"contentEncoding": "base64url"}),
    (Formatted(format="bytes", encoding="hex"), {"contentEncoding": "base16"}),
    (Formatted(format="bytes", encoding="utf8"), {"format": "binary"}),
    (Formatted(format="duration", encoding="iso8601"), {"format": "duration"}),
    (Formatted(format="json"), {"contentMediaType": "application/json"}),
    (Formatted(format="email", detail="with-name"), {"format": "name-email"}),
    (Formatted(format="path", detail="file"), {"format": "file-path"}),
    (Formatted(format="path", detail="directory"), {"format": "directory-path"}),
    *((Formatted(format="uuid", detail=f"version={n}"), {"format": f"uuid{n}"}) for n in range(1, 9)),
)
# What other writers of documents say.
_SYNONYMS = {"byte": "base64", "base64": "base64", "base64url": "base64url"}

INTEGER_KEY = r"^-?(?:0|[1-9][0-9]*)$"
"""The pattern of an integer as the key of an object."""

INTEGER_LIMITS: Mapping[str, tuple[int, int]] = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
"""The formats of integers that OpenAPI knows, and what they hold."""

NUMBER_FORMATS = frozenset({"double", "float"})
"""The formats of numbers that say how precise they are, and nothing about what is valid."""


def form_document(shape: Formatted) -> dict[str, Any]:
    """The document of a form; what it says besides its lengths is left out."""
    if shape.format == "duration" and shape.encoding == "seconds":
        return {"type": "number", "format": "duration"}
    words = next(
        (words for form, words in _WORDS if _name(form) == _name(shape)),
        {"format": "binary"} if shape.format == "bytes" else {"format": shape.format},
    )
    # The lengths of bytes are those of the bytes.
    lengths = {} if shape.format == "bytes" else {"minLength": shape.min_length, "maxLength": shape.max_length}
    return {"type": "string", **words, **{key: value for key, value in lengths.items() if value is not None}}


def _name(shape: Formatted) -> tuple[str, str, str]:
    return shape.format, shape.encoding, shape.detail


def form_of(node: Mapping[str, Any]) -> Formatted | Text | None:
    """The form that a document gives to a text; None where it has a name that says something we do not know."""
    name = node.get("format")
    encoding = node.get("contentEncoding")
    if encoding is not None:
        # Bytes in an encoding are bytes, of whatever kind.
        return next((form for form, words in _WORDS if words.get("contentEncoding") == encoding), None)
    if name is None:
        return Formatted(format="json") if node.get("contentMediaType") == "application/json" else Text()
    if name == "password":  # says how to show it
        return Text()
    if name in _SYNONYMS:
        return Formatted(format="bytes", encoding=_SYNONYMS[name])
    return next((form for form, words in _WORDS if words.get("format") == name), Formatted(format=name))


# --- decimals -------------------------------------------------------------------------------------------------------

_DECIMAL = re.compile(
    re.escape(r"^[+-]?(?=\.?\d)")
    + r"(?:\(\?=0\*\(\?:\\\.\?\\d\)\{0,(?P<digits>\d+)\}\\\.\?\$\))?"
    + re.escape(r"\d*(?:\.\d")
    + r"(?:\{0,(?P<places>\d+)\}|\*)"
    + re.escape(r")?")
    + r"(?P<power>"
    + re.escape(r"(?:[eE][+-]?\d+)?")
    + r")?"
    + re.escape("$")
)


def decimal_pattern(shape: DecimalNumber) -> str:
    """A pattern for a decimal as text."""
    digits = "" if shape.max_digits is None else rf"(?=0*(?:\.?\d){{0,{shape.max_digits}}}\.?$)"
    places = "*" if shape.decimal_places is None else f"{{0,{shape.decimal_places}}}"
    # With limits a power of ten would escape them.
    power = r"(?:[eE][+-]?\d+)?" if shape.max_digits is shape.decimal_places is None else ""
    return rf"^[+-]?(?=\.?\d){digits}\d*(?:\.\d{places})?{power}$"


def decimal_of(number: AnyShape, text: AnyShape) -> DecimalNumber | None:
    """The decimal that a number or a text of `decimal_pattern` is; None where the text is of another kind."""
    if not isinstance(number, Number) or not isinstance(text, Text) or text != Text(pattern=text.pattern):
        return None
    found = _DECIMAL.fullmatch(text.pattern or "")
    if found is None:
        return None
    limits = {
        name: as_bound(value)
        for name in ("minimum", "exclusive_minimum", "maximum", "exclusive_maximum", "multiple_of")
        if (value := getattr(number, name)) is not None
    }
    digits = {"max_digits": found["digits"], "decimal_places": found["places"]}
    found_digits = {name: int(value) for name, value in digits.items() if value is not None}
    return msgspec.structs.replace(DecimalNumber(), **limits, **found_digits)


def as_number(bound: Bound) -> int | float:
    """A limit as a JSON number."""
    if not isinstance(bound, str):
        return bound
    value = Decimal(bound)
    return int(value) if value == value.to_integral_value() else float(value)


def as_bound(number: float) -> str:
    """A limit of a decimal, which is its text."""
    return format(Decimal(repr(number)).normalize(), "f")
