"""What a team has agreed on: `gate.toml` beside the schema snapshots.

Everything in it is named or refused: a slip in a key must not open the gate.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import attrs

from upcast.schemas._table import Table
from upcast.schemas.diff import OpenObjects, Policy
from upcast.schemas.errors import BrokenSchema

if TYPE_CHECKING:
    from pathlib import Path

    from upcast.schemas.findings import Finding

__all__ = [
    "FILE_NAME",
    "NEVER_SUPPRESSED",
    "Deprecation",
    "EventConfig",
    "GateConfig",
    "OpenObjects",
    "Policy",
    "Suppression",
]

FILE_NAME = "gate.toml"

NEVER_SUPPRESSED = frozenset({"U901", "U931", "U932"})
"""A released schema snapshot that was edited, and what is wrong with a suppression itself."""


@attrs.frozen(kw_only=True)
class Suppression:
    """A finding that somebody answers for until a day.

    Attributes:
        reason: Why it may be.
        expires: The last day on which it counts.
        fingerprint: Of the finding; empty where the rule and the event say which.
        rule: The id of the rule.
        event: The event type.
        pointer: The place in the payload; None for every place.
        from_version: The older version; None for each.
        to_version: The newer version; None for each.
        place: File and line of the entry.
    """

    reason: str
    expires: dt.date
    fingerprint: str = ""
    rule: str = ""
    event: str = ""
    pointer: str | None = None
    from_version: int | None = None
    to_version: int | None = None
    place: str = ""

    def matches(self, finding: Finding) -> bool:
        """Whether *finding* is what the entry is about."""
        if self.fingerprint:
            return self.fingerprint == finding.fingerprint
        return (
            (self.rule, self.event) == (finding.rule, finding.event)
            and self.pointer in (None, finding.pointer)
            and self.from_version in (None, finding.from_version)
            and self.to_version in (None, finding.to_version)
        )


@attrs.frozen(kw_only=True)
class Deprecation:
    """A part of an event that is going to be removed.

    Attributes:
        event: The event type.
        pointer: The JSON pointer of the part; empty for the event as a whole.
        since: The release in which it was deprecated first; empty where the entry does not say.
        remove_in: The release in which it is to be gone; empty where nothing was promised.
        place: File and line of the entry.
    """

    event: str
    pointer: str = ""
    since: str = ""
    remove_in: str = ""
    place: str = ""


@attrs.frozen(kw_only=True)
class EventConfig:
    """What is different for one event type.

    Attributes:
        retained_from: The oldest version that is still stored somewhere.
        policy: Which readers and writers have to go together; None for what holds for all.
    """

    retained_from: int = 1
    policy: Policy | None = None


@attrs.frozen(kw_only=True)
class GateConfig:
    """What `gate.toml` says.

    Attributes:
        policy: Which readers and writers have to go together.
        open_objects: Whether an undeclared member that a new field would read counts as stored data.
        transitive: Whether every retained version is compared, or only the last.
        min_releases: How many releases a part stays deprecated before it may be removed.
        releases: The releases in order, or `git-tags` where the tags of the repository are the releases.
        suppressions: Findings that do not block.
        deprecations: Parts that are going to be removed.
        events: What is different for some event types.
    """

    policy: Policy = "backward"
    open_objects: OpenObjects = "lenient"
    transitive: bool = True
    min_releases: int = 2
    releases: tuple[str, ...] | Literal["git-tags"] = ()
    suppressions: tuple[Suppression, ...] = ()
    deprecations: tuple[Deprecation, ...] = ()
    events: Mapping[str, EventConfig] = attrs.field(factory=dict)

    def event(self, event_type: str) -> EventConfig:
        """What holds for one event type."""
        return self.events.get(event_type, EventConfig())

    def policy_of(self, event_type: str) -> Policy:
        """Which readers and writers of one event type have to go together."""
        return self.event(event_type).policy or self.policy

    @classmethod
    def read(cls, folder: Path) -> GateConfig:
        """Read `gate.toml` of a folder of schema snapshots; without one the defaults hold.

        Raises:
            BrokenSchema: It is no TOML, or says something that is not known; the message names file, key and what is
                allowed.
        """
        path = folder / FILE_NAME
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return cls()
        try:
            return cls.from_toml(text.decode(), path=path.as_posix())
        except UnicodeDecodeError:
            raise BrokenSchema(f"{path.as_posix()}: not UTF-8") from None

    @classmethod
    def from_toml(cls, text: str, *, path: str = FILE_NAME) -> GateConfig:
        """Read the text of a configuration.

        Args:
            text: TOML.
            path: Where it comes from, for messages and findings.

        Raises:
            BrokenSchema: See `read`.
        """
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise BrokenSchema(f"{path}: {error}") from None
        table = Table(content, path, "")
        config = cls(
            policy=table.choice("policy", Policy, "backward"),
            open_objects=table.choice("open_objects", OpenObjects, "lenient"),
            transitive=table.flag("transitive", default=True),
            min_releases=table.number("min_releases") or 2,
            releases=_releases(table),
            suppressions=tuple(_suppression(entry) for entry in table.entries("suppress", text)),
            deprecations=tuple(_deprecation(entry) for entry in table.entries("deprecated", text)),
            events={name: _event(entry) for name, entry in table.tables("events")},
        )
        table.close()
        return config


def _releases(table: Table) -> tuple[str, ...] | Literal["git-tags"]:
    found = table.take("releases", [])
    if found == "git-tags":
        return "git-tags"
    if not isinstance(found, list) or not all(isinstance(name, str) and name.strip() for name in found):
        raise table.problem("releases", 'must be "git-tags", or the names of all releases in order')
    if len(set(found)) < len(found):
        raise table.problem("releases", "names a release twice")
    return tuple(found)


def _suppression(table: Table) -> Suppression:
    from upcast.schemas.rules import RULES

    pointer = table.take("pointer", None)
    entry = Suppression(
        reason=table.text("reason", needed="say why the finding may be"),
        expires=table.date("expires"),
        fingerprint=table.text("fingerprint"),
        rule=table.text("rule"),
        event=table.text("event"),
        pointer=None if pointer is None else table.pointer("pointer", pointer),
        from_version=table.number("from"),
        to_version=table.number("to"),
        place=table.place,
    )
    table.close()
    by_rule = (entry.rule, entry.event, entry.pointer, entry.from_version, entry.to_version)
    if entry.fingerprint:
        if any(part not in ("", None) for part in by_rule):
            raise table.problem("fingerprint", "says which finding by itself: leave the other keys out")
        if not re.fullmatch(r"[0-9a-f]{12}", entry.fingerprint):
            raise table.problem("fingerprint", "must be the twelve hex digits that the finding has")
        return entry
    if not (entry.rule and entry.event):
        raise table.problem("rule", "give `rule` and `event`, or the `fingerprint` of the finding")
    if entry.rule not in RULES:
        raise table.problem("rule", f"there is no rule {entry.rule!r}: `upcast schema rules` lists them")
    if entry.rule in NEVER_SUPPRESSED:
        raise table.problem("rule", f"{entry.rule} ({RULES[entry.rule].slug}) cannot be suppressed")
    return entry


def _deprecation(table: Table) -> Deprecation:
    entry = Deprecation(
        event=table.text("event", needed="say which event type"),
        pointer=table.pointer("pointer", table.take("pointer", "")),
        since=table.text("since"),
        remove_in=table.text("remove_in"),
        place=table.place,
    )
    table.close()
    return entry


def _event(table: Table) -> EventConfig:
    policy = table.choice("policy", Policy, None)
    entry = EventConfig(retained_from=table.number("retained_from") or 1, policy=policy)
    table.close()
    return entry
