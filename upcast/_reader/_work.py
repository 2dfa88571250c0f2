"""What steps must see values for: done to the few members concerned, beside the native decode of all others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

import attrs
import msgspec
from msgspec import UNSET, Raw, UnsetType

from upcast._bounds import MAX_DIGITS, is_deep
from upcast._json import reads_value, write_payload, writes_value
from upcast._net_effect import Component, Member, NetEffect, runs_code
from upcast._reader._reader import Field, Odd
from upcast._sharing import may_share, own
from upcast._steps import Convert, MapValues, Step
from upcast.typing import Payload

__all__ = ["Single", "Works", "works_of"]


@attrs.frozen
class Single:
    """How one value of the stored payload makes one of today's.

    Attributes:
        source: The member that holds it.
        work: The name of the function that makes the one of the other.
        write: The name of the function that makes JSON text of what comes out.
    """

    source: str
    work: str
    write: str


@attrs.frozen
class Works:
    """The components of a net effect that must see values.

    Attributes:
        singles: The members of today's payload that one value makes.
        gathers: The members of today's payload into which others have moved, as `Member.gathered` tells.
        inputs: The members of the stored payload that all others need, each with the name of its field.
        lines: Source that takes them from an object `given` and leaves every output in a variable: JSON text, or
            None where it is absent.
        outputs: The members of today's payload that the class reads, with the names of these variables.
        names: What the source refers to.
        spare: How the fields of inputs are called, before a number.
    """

    singles: dict[str, Single]
    gathers: dict[str, Member]
    inputs: dict[str, str]
    lines: tuple[str, ...]
    outputs: dict[str, str]
    names: dict[str, Any]
    spare: str

    @property
    def fields(self) -> Iterator[Field]:
        """The fields of a Struct that an object `given` is of."""
        for member, field in self.inputs.items():
            yield field, Raw | UnsetType, msgspec.field(name=member, default=UNSET)


def works_of(effect: NetEffect, members: frozenset[str], *, keep_literals: bool, spare: str = "") -> Works:
    """What must be worked out of a payload.

    Args:
        effect: The net effect.
        members: The members of today's payload that the class reads.
        keep_literals: Whether numbers remember how they were written.
        spare: How the fields of inputs are called, before a number.
    """
    singles: dict[str, Single] = {}
    gathers: dict[str, Member] = {}
    inputs: dict[str, str] = {}
    outputs: dict[str, str] = {}
    lines: list[str] = []
    names: dict[str, Any] = {"UNSET": UNSET, "Odd": Odd, "Raw": Raw, "parse": reads_value(keep_literals=keep_literals)}
    names |= {"write": writes_value(), "write_checked": _write_checked, "write_shallow": _write_shallow}
    chain_has_code = runs_code(effect.steps)
    for component in effect.components:
        if component.is_simple:
            continue
        number = len(names)
        has_code = runs_code(component.steps)
        write = "write_checked" if has_code else "write_shallow" if chain_has_code else "write"
        made = sorted(component.names & members)
        single = _single(component)
        if single is not None and made == [single[1]]:
            source, target, steps = single
            singles[target] = Single(source, f"work{number}", write)
            names[f"work{number}"] = _value_function(steps)
            continue
        put_together = _put_together(component)
        if put_together and put_together.keys() <= members:  # what nobody reads may still have something in its way
            gathers |= put_together
            continue
        names[f"work{number}"] = _payload_function(component.steps)
        lines.append("payload = {}")
        for name in sorted(component.names):
            field = inputs[name] = f"{spare}_input{len(inputs)}"
            names[f"name{len(names)}"] = name
            lines.append(f"if given.{field} is not UNSET: payload[name{len(names) - 1}] = parse(given.{field})")
        lines.append(f"work{number}(payload)")
        # What the class does not read is written too where it may have no JSON form, which is an error.
        for name in sorted(component.names) if has_code else made:
            key, variable = f"name{len(names)}", f"o{len(names)}"
            names[key] = name
            if name in members:
                outputs[name] = variable
            lines.append(f"{variable} = {write}(payload[{key}]) if {key} in payload else None")
    return Works(singles, gathers, inputs, tuple(lines), outputs, names, spare)


def _single(component: Component) -> tuple[str, str, tuple[Step, ...]] | None:
    """Source, target and steps of a component in which one value goes one way."""
    reached = [(name, member) for name, member in (component.members or {}).items() if member != Member()]
    if len(reached) != 1:
        return None
    target, member = reached[0]
    if len(member.alternatives) != 1 or member.constant is not None or member.gathered:
        return None
    (found,) = member.alternatives
    return found.source, target, found.steps


def _put_together(component: Component) -> dict[str, Member]:
    """The objects of a component into which members move, if it does nothing else."""
    reached = {name: member for name, member in (component.members or {}).items() if member != Member()}
    return reached if all(member.gathered for member in reached.values()) else {}


def _value_function(steps: tuple[Step, ...]) -> Callable[[Any], Any]:
    step = steps[0] if len(steps) == 1 else None
    if isinstance(step, Convert | MapValues) and len(step.path) == 1:
        function = step.function if isinstance(step, Convert) else step.mapped
        return function if step.nulls else lambda value: None if value is None else function(value)
    work = [(next(iter(step.names)), apply) for step, apply in zip(steps, _isolated(steps), strict=True)]

    def pass_on(value: Any) -> Any:
        for name, apply in work:
            payload: Payload = {name: value}
            apply(payload)
            value = payload[name]
        return value

    return pass_on


def _payload_function(steps: tuple[Step, ...]) -> Callable[[Payload], None]:
    work = tuple(_isolated(steps))

    def do(payload: Payload) -> None:
        for apply in work:
            apply(payload)

    return do


_PLAIN = frozenset((str, int, bool, type(None)))


def _isolated(steps: tuple[Step, ...]) -> Iterator[Callable[[Payload], None]]:
    """What steps do; code that comes later may write into what it gets, so it gets what nobody else holds."""
    last = max((number for number, step in enumerate(steps) if step.code), default=-1)
    for number, step in enumerate(steps):
        yield _owning(step) if number < last and any(map(may_share, step.code)) else step.apply


def _owning(step: Step) -> Callable[[Payload], None]:
    def apply(payload: Payload) -> None:
        step.apply(payload)
        payload.update(own(payload))

    return apply


_encode = writes_value()


def _write_shallow(value: Any) -> bytes:
    """JSON text of what steps made; where there is user code beside them, the plain lane looks how deep it is."""
    text = _encode(value)
    if is_deep(text):
        raise Odd
    return text


def _write_checked(value: Any) -> bytes:
    """JSON text of what user code may have made; the plain lane judges what is long or deep as part of the whole."""
    is_plain = type(value) in _PLAIN or (type(value) is float and isfinite(value))
    text = write_payload(value, check_finite=not is_plain)
    if len(text) > MAX_DIGITS or (not is_plain and is_deep(text)):
        raise Odd
    return text
