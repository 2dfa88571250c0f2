"""What the arguments of steps must be like."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from upcast._json import is_finite
from upcast._paths import Path, dotted, parse_path
from upcast._steps._step import Step, check_step
from upcast.errors import InvalidStep

__all__ = ["check_apart", "constant_text", "contains", "inner_steps", "key_name", "part_paths", "separator_text"]


def constant_text(value: object, where: str) -> bytes:
    """A constant of a step as JSON text: frozen, and a fresh value whenever it is read."""
    try:
        finite = is_finite(msgspec.to_builtins(value, builtin_types=(Decimal,)))
        text = msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidStep(f"{where}: {type(value).__name__} has no JSON form ({error})") from error
    if not finite:
        raise InvalidStep(f"{where}: NaN and infinity have no JSON form")
    return text


def key_name(key: str | None, verb: str) -> str | None:
    if key is None:
        return None
    parts = parse_path(key, f"{verb}(..., key=)")
    if len(parts) > 1:
        raise InvalidStep(f"{verb}(..., key={key!r}): a key is one name; write a dot that belongs to it as '\\.'")
    return parts[0]


def part_paths(paths: Iterable[str], verb: str, argument: str) -> tuple[Path, ...]:
    # A lone string is an iterable of its letters, which nobody means.
    if isinstance(paths, str) or not isinstance(paths, Iterable):
        raise InvalidStep(f"{verb} takes {argument}=({paths!r}, ...), the names of two fields or more")
    parts = tuple(parse_path(path, verb) for path in paths)
    if len(parts) < 2:
        raise InvalidStep(f"{verb} takes two fields or more as {argument}=; for one write move(...)")
    return parts


def check_apart(verb: str, whole: Path, parts: tuple[Path, ...]) -> None:
    for n, part in enumerate(parts):
        for other in parts[:n]:
            if contains(part, other) or contains(other, part):
                raise InvalidStep(f"{verb} names {dotted(part)!r} and {dotted(other)!r}: give each part its own place")
        if part != whole and (contains(part, whole) or contains(whole, part)):
            raise InvalidStep(
                f"{verb} names {dotted(whole)!r} and {dotted(part)!r}, one inside the other: use another name, and "
                "move(...) before or after"
            )


def contains(path: Path, inner: Path) -> bool:
    return inner[: len(path)] == path


def separator_text(separator: str, verb: str) -> str:
    if not isinstance(separator, str) or not separator:
        raise InvalidStep(f"{verb} takes a separator of one character or more, not {separator!r}")
    constant_text(separator, f"{verb}(..., separator=)")
    return separator


def inner_steps(steps: tuple[Step, ...], verb: str) -> tuple[Step, ...]:
    if not steps:
        raise InvalidStep(f"{verb} without steps does nothing: give the steps after the field, or take it away")
    for step in steps:
        check_step(step)
    return steps
