"""Texts as the numbers and truth values that belong in their place."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from upcast.settings._loading._migration import as_text

__all__ = ["natural", "typed"]

_SCALARS = (int, float, bool)


def natural(annotation: Any, value: Any) -> Any:
    """A value that a step made as a text, as whoever edits the file by hand would write it: `8080`, not `"8080"`.

    Only where a number or a truth value belongs there, and the text is how that is written.

    Args:
        annotation: The type of what belongs there.
        value: The value.
    """
    found = typed(annotation, value)
    return found if as_text(found) == value else value


def typed(annotation: Any, value: Any) -> Any:
    """A value as the number or truth value that belongs there, if it is one.

    Args:
        annotation: The type of what belongs there.
        value: The value.
    """
    kind = _plain(annotation)
    if kind not in _SCALARS:
        return value
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return value


def _plain(annotation: Any) -> Any:
    """The type that is meant where it is optional or annotated."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    parts = [part for part in get_args(annotation) if part is not type(None)]
    return _plain(parts[0]) if get_origin(annotation) in (Union, UnionType) and len(parts) == 1 else annotation
