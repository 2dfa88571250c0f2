"""The catalogue: every kind of thing the gate can have to say, with an example that shows it."""

from __future__ import annotations

import itertools
import linecache
import textwrap
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from upcast.schemas._catalogue import CHANGES, PROCESS, SETTINGS, Rule

__all__ = ["RULES", "Rule", "example_class", "rules_page"]

RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in (*CHANGES, *PROCESS, *SETTINGS)})
"""Every rule by its id: what a change does, what the process asks for, and what is wrong with settings."""

_IMPORTS = """
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import msgspec
from pydantic import (
    AliasChoices, AliasPath, AwareDatetime, BaseModel, ConfigDict, Field, RootModel, computed_field, field_validator,
    model_validator,
)
"""

_numbers = itertools.count(1)


def example_class(source: str) -> type:
    """The class `Event` of an example's source.

    Args:
        source: The body of a pydantic model, or whole classes, one of which is `Event`.
    """
    if "class " not in source:
        source = "class Event(BaseModel):\n" + textwrap.indent(source, "    ")
    # Fingerprints of validators are made of their source, which must be found like that of any module.
    name = f"<example {next(_numbers)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {"__name__": __name__}
    exec(_IMPORTS, namespace)  # noqa: S102 (the sources of the catalogue are ours)
    exec(compile(source, name, "exec", dont_inherit=True), namespace)  # noqa: S102
    event: type = namespace["Event"]
    return event


_HEAD = """# Rules of the gate

Every kind of thing that `upcast schema diff`, `upcast schema check` and `upcast settings lint` can have to say, by its
id. Ids and names stay what they are; a finding has them in every form of output.

What a change does to payloads:

| effect | meaning |
|---|---|
| backward | payloads that are stored already are refused by the new class |
| forward | payloads that the new class writes are refused by older readers |
| loss | payloads are taken, and some of their data is lost |
| meaning | payloads are taken, and read as something else |

The severity is that of the gravest case; what does not matter under the policy of a check is milder there.
"""
_FAMILIES: dict[str, str | tuple[str, ...]] = {
    "Fields and names": "U1",
    "Types": "U2",
    "Nulls and defaults": "U3",
    "Limits": "U4",
    "Lists of values": "U5",
    "Lists, tuples and maps": "U6",
    "Unions and nested classes": "U7",
    "Members that are not declared, and the payload as a whole": "U8",
    "The process": ("U90", "U91", "U92", "U93"),
    "Settings": ("U94", "U95"),
}


def rules_page() -> str:
    """The reference page of the rules, as Markdown."""
    parts = [_HEAD]
    for title, prefix in _FAMILIES.items():
        parts.append(f"## {title}\n")
        parts += [_section(rule) for rule in RULES.values() if rule.id.startswith(prefix)]
    return "\n".join(parts)


def _section(rule: Rule) -> str:
    effects = ", ".join(rule.effects) or "none"
    lines = [
        f"### `{rule.id}` {rule.slug}\n",
        f"{rule.title[0].upper()}{rule.title[1:]}. {rule.hint}\n",
        f"Severity {rule.severity}; effects: {effects}.\n" if rule.old else f"Severity {rule.severity}.\n",
    ]
    if rule.old:
        for name, source in (("Before", rule.old), ("Between", rule.between), ("After", rule.new)):
            if source:
                lines.append(f"{name}:\n\n```text\n{source.rstrip()}\n```\n")
        lines.append(f"Shown by `{rule.witness}`.\n")
    return "\n".join(lines)
