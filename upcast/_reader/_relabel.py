"""Readers of any class: the stored text is taken apart and put together under today's names, then the door decodes it.

Nothing is parsed but what steps must see, so this serves where neither class nor schema can be given other names:
attrs classes and dataclasses, Structs of more than one level, and pydantic classes whose values steps change.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from upcast._bounds import check_bounds, is_deep
from upcast._door import Door, MsgspecDoor
from upcast._net_effect import Member, NetEffect, runs_code
from upcast._reader._reader import NOWHERE, Odd, Reader, Unsuited, compiled, origin, struct
from upcast._reader._work import Works, works_of

__all__ = ["relabel_reader"]

_OPENING = ord("{")


def relabel_reader(effect: NetEffect, door: Door, otherwise: Callable[[bytes], object]) -> Reader:
    """A reader for a class of any family.

    Args:
        effect: What steps do in total.
        door: The door of the class.
        otherwise: Reads payloads with members that cannot be handed over.

    Raises:
        Unsuited: Why there can be none.
    """
    if door.sees_all:
        raise Unsuited("code of the class may look at members that it does not declare")
    if door.keeps_unknown:
        raise Unsuited("the class keeps unknown fields")
    members, forbid = door.members, not door.ignores_unknown
    if not isinstance(door, MsgspecDoor):
        # pydantic judges the whole text, so all of it is handed over; one with other members is the plain lane's.
        members, forbid = members | effect.names, True
    elif forbid:
        _check_known(effect, door)
    works = works_of(effect, members, keep_literals=door.keep_literals)
    if works.lines:
        raise Unsuited("steps must see several members at once, and would have all parsed in the end")
    slots = _Slots()
    for name in (*door.order, *sorted(members - set(door.order))):
        slots.fill(name, effect.member(name), works)
    for name in sorted(effect.names - slots.stored) if forbid else ():
        slots.add(name, None)  # what a step takes away is no unknown field
    stored, today = slots.structs(forbid=forbid)
    names = works.names | slots.constants
    names |= {"split": msgspec.json.Decoder(stored).decode, "today": today}
    names |= {"encode": msgspec.json.Encoder().encode, "merged": _merged, "decode": door.decode_written}
    names |= {"otherwise": otherwise, "Unknown": msgspec.ValidationError}
    lines = ["given = split(data)"]
    if forbid:
        lines = ["try: given = split(data)", "except Unknown: return otherwise(data)"]
    lines += [*slots.lines, *(f"given.{field} = UNSET" for field in slots.spare)]
    lines.append("given.__class__ = today")
    if runs_code(effect.steps):
        # Members that are not handed over count as well, when the plain lane looks how deep the text has become.
        names |= {"check_bounds": check_bounds, "no_limit": sys.maxsize, "is_deep": is_deep, "Odd": Odd}
        lines += ["text = encode(given)", "check_bounds(text, no_limit)", "if is_deep(text): raise Odd"]
        lines.append("return decode(text)")
    else:
        lines.append("return decode(encode(given))")
    origins = [origin(name, effect.member(name)) for name in sorted(door.members)]
    return compiled(lines, names, "members taken under today's names, unparsed, to the class's own decoder", origins)


def _check_known(effect: NetEffect, door: Door) -> None:
    """Refuse what would put a member into a payload that the class forbids: only the plain lane reports it."""
    for component in effect.components:
        for name, member in (component.members or {}).items():
            if name not in door.members and (member.alternatives or member.constant is not None):
                raise Unsuited("the class forbids unknown fields, and a step makes one")


def _merged(base: Raw | UnsetType, parts: tuple[tuple[bytes, Raw | UnsetType], ...]) -> Raw | UnsetType:
    """An object with further members; what stands there twice afterwards means the later one."""
    text = b",".join([head + bytes(part) for head, part in parts if part is not UNSET])
    if not text:
        return base
    if base is UNSET:
        return Raw(b"{" + text + b"}")
    before = bytes(base)
    if before[0] != _OPENING:
        raise Odd
    return Raw(before[:-1] + (b"," if before[1:-1].strip() else b"") + text + b"}")


class _Slots:
    """The fields of two Structs of one layout: one with the stored names, one with today's."""

    def __init__(self) -> None:
        self.slots: list[tuple[str, str | None, str | None]] = []
        self.spare: list[str] = []
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {}

    @property
    def stored(self) -> frozenset[str]:
        """The stored names that are read."""
        return frozenset(stored for _, stored, _ in self.slots if stored is not None)

    def add(self, stored: str | None, today: str | None) -> str:
        """Add a field that is read under one name and written under another; None for neither."""
        field = f"f{len(self.slots)}"
        self.slots.append((field, stored, today))
        if today is None:
            self.spare.append(field)
        return field

    def fill(self, name: str, member: Member | None, works: Works) -> None:
        """Add what a member of today's payload needs."""
        if name in works.singles:
            single = works.singles[name]
            field = self.add(single.source, name)
            made = f"Raw({single.write}({single.work}(parse(given.{field}))))"
            self.lines.append(f"if given.{field} is not UNSET: given.{field} = {made}")
        elif name in works.gathers:
            self._gather(name, works.gathers[name])
        elif member is not None:
            sources = [found.source for found in member.alternatives]
            field = self.add(sources[0] if sources else None, name)
            for source in sources[1:]:
                self.lines.append(f"if given.{field} is UNSET: given.{field} = given.{self.add(source, None)}")
            if member.constant is not None:
                self.constants[f"constant_{field}"] = Raw(member.constant)
                self.lines.append(f"if given.{field} is UNSET: given.{field} = constant_{field}")

    def _gather(self, name: str, member: Member) -> None:
        """Put an object together without parsing what goes into it."""
        parts = []
        for key, sources in member.gathered:
            fields = [self.add(source, None) for source in sources]
            self.lines += [f"if given.{fields[0]} is UNSET: given.{fields[0]} = given.{other}" for other in fields[1:]]
            self.constants[f"head_{fields[0]}"] = msgspec.json.encode(key) + b":"
            parts.append(f"(head_{fields[0]}, given.{fields[0]})")
        field = self.add(member.alternatives[0].source if member.alternatives else None, name)
        self.lines.append(f"given.{field} = merged(given.{field}, ({', '.join(parts)},))")

    def structs(self, *, forbid: bool) -> tuple[type, type]:
        def made(title: str, place: int, **config: Any) -> type:
            return struct(
                title,
                [
                    (slot[0], Raw | UnsetType, msgspec.field(name=slot[place] or f"{NOWHERE}{slot[0]}", default=UNSET))
                    for slot in self.slots
                ],
                **config,
            )

        return made("Stored", 1, forbid_unknown_fields=forbid), made("Today", 2)
