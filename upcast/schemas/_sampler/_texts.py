"""Strings of every length and kind that a shape allows."""

from __future__ import annotations

from collections.abc import Iterable

from upcast.schemas._rebuild._finder import finder
from upcast.schemas._sampler._patterns import matching
from upcast.schemas.shapes import Text

__all__ = ["distinct_texts", "texts"]

_PLAIN = "text"
_KINDS = ("", "A", "é", "日本語", "😀", "7", " ", " padded ", 'quoted "\\\n', "2024-01-01", "x" * 300, "x" * 5000)


def texts(shape: Text) -> list[str]:
    """Strings: a plain one, the shortest and the longest, and such as are not just letters."""
    low, high = shape.min_length or 0, shape.max_length
    if shape.pattern is not None:
        return _fitting(shape, matching(shape.pattern, low, high))
    lengths = [low, low + 1, *([] if high is None or high > 100_000 else [high, high - 1])]
    stretched = (text.ljust(low, "x") if text.strip() == text else text for text in _KINDS)
    return _fitting(shape, [_PLAIN[:high].ljust(low, "t"), *("x" * length for length in lengths), *stretched])


def distinct_texts(shape: Text, count: int) -> list[str]:
    """So many different strings, or as many as can be made."""
    found = texts(shape)
    if shape.pattern is None:
        low = shape.min_length or 0
        letters = (chr(ord("a") + number) if number < 26 else f"a{number}" for number in range(count))
        found += _fitting(shape, (text.ljust(low, "x") for text in letters))
    return list(dict.fromkeys(found))[:count]


def _fitting(shape: Text, found: Iterable[str]) -> list[str]:
    if shape.case:
        found = [text.lower() if shape.case == "lower" else text.upper() for text in found]
    is_found = None if shape.pattern is None else finder(shape.pattern)
    return [t for t in dict.fromkeys(found) if _is_written(shape, t) and (is_found is None or is_found(t))]


def _is_written(shape: Text, text: str) -> bool:
    """Whether a writer of *shape* could have *text*."""
    return (
        len(text) >= (shape.min_length or 0)
        and (shape.max_length is None or len(text) <= shape.max_length)
        and not (shape.strips and text.strip() != text)
    )
