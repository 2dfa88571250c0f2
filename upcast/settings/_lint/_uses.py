"""What sources say in ways that go: legacy keys, what contradicts them, retired values and changed defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from upcast._paths import ABSENT, Path, get, take
from upcast.settings._lint._finding import SettingsFinding, Severity, finding
from upcast.settings._lint._sources import Found, Source
from upcast.settings._loading._load import Load
from upcast.settings._loading._migration import Failed, merged, moved
from upcast.settings._manifests._records import UNKNOWN
from upcast.settings.history import History
from upcast.settings.legacy import Legacy, RetiredValue, flattened
from upcast.settings.window import Window
from upcast.typing import Payload

__all__ = ["Scope", "provided"]


@attrs.frozen
class Claim:
    """What a legacy key says of one of today's settings."""

    key: Path
    found: Found
    target: Path
    value: Any = attrs.field(repr=False)


@attrs.frozen
class Scope:
    """Sources that one process reads.

    Attributes:
        history: The history of the settings class.
        load: What knows whether two values of a setting mean the same.
        sources: The sources.
        label: What they are called together.
    """

    history: History
    load: Load
    sources: tuple[Source, ...]
    label: str = "what was given"

    def findings(self) -> Iterator[SettingsFinding]:
        """What there is to say of what they set."""
        claims: list[tuple[Source, Claim]] = []
        for source in self.sources:
            old = _old_keys(self.history, source)
            for legacy, values in old.items():
                for key, found in values.items():
                    yield self._used(source, legacy, key, found)
            mine: list[Claim] = []
            for claim in self._claims(source, old):
                if isinstance(claim, SettingsFinding):
                    yield claim
                else:
                    mine.append(claim)
            claims += [(source, claim) for claim in mine]
            for retired in self.history.retired:
                yield from self._retired(source, retired, mine)
        yield from self._conflicts(claims)

    def _used(self, source: Source, legacy: Legacy, key: Path, found: Found) -> SettingsFinding:
        window = legacy.window
        targets = self.history.successors(legacy)
        remedy = f"Write {' and '.join(source.told(target) for target in targets)}." if targets else "Take it away."
        if targets and legacy.changes_values:
            remedy = f"{remedy[:-1]} with the converted value."
        stage = self.history.stage(legacy)
        until = _until(window, gone=stage == "removed")
        severity: Severity | None = "info" if stage == "announced" else None
        if stage == "removed" and targets and all(provided(self.history, (source,), target) for target in targets):
            # Releases on both sides of the removal find what they know.
            severity = "warning"
            remedy = f"Take it away: {' and '.join(source.told(target) for target in targets)} is set too."
        return finding(
            "legacy-key-removed" if stage == "removed" else "legacy-key-used",
            self.history.name,
            f"{found.spelling} was {legacy.kind} in {window.since} {until}{_why(legacy)}",
            key=key,
            remedy=remedy,
            file=found.file,
            line=found.line,
            about=found.about,
            severity=severity,
        )

    def _claims(self, source: Source, old: dict[Legacy, dict[Path, Found]]) -> Iterator[Claim | SettingsFinding]:
        """What the old keys of a source make, and which of them cannot be made into anything."""
        made: Payload = {}
        origins: list[Claim] = []
        for legacy in self.history.legacy:
            if self.history.stage(legacy) == "removed":
                continue
            found = old.get(legacy, {})
            # What an earlier declaration made may be an old key itself, and others may stand in other sources.
            values = {key: found[key].value if key in found else take(made, key) for key in legacy.keys}
            values = {key: value for key, value in values.items() if value is not ABSENT}
            if not values:
                continue
            for key in legacy.keys:
                elsewhere = self._elsewhere(legacy, key) if key not in values else None
                if elsewhere is not None:
                    values[key] = elsewhere.value
            unknown = UNKNOWN in values.values()
            origins += [
                Claim(key, each, target, UNKNOWN if unknown else ABSENT)
                for key, each in found.items()
                for target in self.history.successors(legacy)
            ]
            if unknown:
                continue
            try:
                made = merged(moved(legacy, values), made)
            except Failed as failed:
                first = found.get(failed.key) or next(iter(found.values()), None)
                if first is not None:
                    yield self._refused(source, legacy, failed, first)
        for origin in origins:
            value = origin.value if origin.value is UNKNOWN else get(made, origin.target)
            if value is not ABSENT:
                for inner, leaf in flattened({"": value}):
                    yield attrs.evolve(origin, target=(*origin.target, *inner[1:]), value=leaf)

    def _elsewhere(self, legacy: Legacy, key: Path) -> Found | None:
        return next((found for source in self.sources if (found := source.find(key, legacy)) is not None), None)

    def _refused(self, source: Source, legacy: Legacy, failed: Failed, found: Found) -> SettingsFinding:
        incomplete = failed.kind == "incomplete"
        needless = all(source.find(target) is not None for target in self.history.successors(legacy))
        return finding(
            "legacy-key-not-convertible",
            self.history.name,
            f"{found.spelling}: {failed}" + (", which nothing that was given sets" if incomplete else ""),
            key=failed.key,
            remedy="Write the new keys instead." if incomplete else "Correct the value, or write the new key instead.",
            file=found.file,
            line=found.line,
            about=found.about,
            # What is missing may stand in a source that was not given; beside its successors nobody needs it.
            severity="warning" if incomplete or needless else None,
        )

    def _conflicts(self, claims: Sequence[tuple[Source, Claim]]) -> Iterator[SettingsFinding]:
        told: set[tuple[int, Path, int]] = set()
        for source, claim in claims:
            for other in self.sources:
                same = other is source
                new = other.find(claim.target)
                if new is None or (id(source), claim.key, id(other)) in told:
                    continue
                unknown = UNKNOWN in (claim.value, new.value)
                if (unknown and not same) or not (unknown or self._differ(source, claim, other, new)):
                    continue
                told.add((id(source), claim.key, id(other)))
                yield self._conflict(source, claim, other, new, unknown=unknown)

    def _differ(self, source: Source, claim: Claim, other: Source, new: Found) -> bool:
        one, two = (
            _decoded(value) if where.flat else value for where, value in ((source, claim.value), (other, new.value))
        )
        return self.load.differ(claim.target, one, two)

    def _conflict(self, source: Source, claim: Claim, other: Source, new: Found, *, unknown: bool) -> SettingsFinding:
        here = source is other
        where = f" (line {new.line})" if here and new.line is not None else ""
        severity: Severity | None = None
        if unknown:
            severity = "warning"
            what = "are both set, to what cannot be seen here"
        else:
            what = "are set to different values"
        if not here:
            place = f"{new.file}:{new.line}" if new.file and new.line is not None else new.file
            where = f" ({', '.join(part for part in (other.label, place) if part)})"
            what += ": the higher source wins, whatever the spelling"
        return finding(
            "legacy-key-conflict" if here else "legacy-key-conflict-across-sources",
            self.history.name,
            f"{claim.found.spelling} and its successor {new.spelling}{where} {what}",
            key=claim.key,
            remedy=f"Take {claim.found.spelling} away, or give both the same value.",
            file=claim.found.file,
            line=claim.found.line,
            about=f"{claim.found.about} {new.about}",
            severity=severity,
        )

    def _retired(self, source: Source, retired: RetiredValue, claims: Sequence[Claim]) -> Iterator[SettingsFinding]:
        by_old_keys = (attrs.evolve(claim.found, value=claim.value) for claim in claims if claim.target == retired.key)
        found = source.find(retired.key) or next(by_old_keys, None)
        if found is None or found.value is UNKNOWN or not retired.is_meant(found.value, text=source.flat):
            return
        stage = self.history.stage(retired)
        yield finding(
            "retired-value-removed" if stage == "removed" else "retired-value-used",
            self.history.name,
            f"the value of {found.spelling} was retired in {retired.window.since} "
            f"{_until(retired.window, gone=stage == 'removed')}{_why(retired)}",
            key=retired.key,
            remedy="Write a valid value.",
            file=found.file,
            line=found.line,
            about=found.about,
            severity="info" if stage == "announced" else None,
        )

    def unset(self) -> Iterator[SettingsFinding]:
        """What there is to say of what they do not set."""
        for changed in self.history.changed:
            if self.history.stage(changed) != "deprecated" or not self.sources:
                continue
            if not provided(self.history, self.sources, changed.key):
                told = self.sources[0].told(changed.key)
                yield finding(
                    "changed-default-unset",
                    self.history.name,
                    f"nothing in {self.label} sets {told}, and its default changed in {changed.window.since}"
                    f"{_why(changed)}",
                    key=changed.key,
                    remedy=f"Set {told} to keep what you had.",
                    about=self.label,
                )


def provided(history: History, sources: Sequence[Source], path: Path) -> bool:
    """Whether sources set one of today's settings, or something inside it, by whatever spelling that is still taken."""
    if any(source.find(path) is not None or source.below(path) for source in sources):
        return True
    return any(
        history.stage(legacy) != "removed"
        and any(target[: len(path)] == path or path[: len(target)] == target for target in history.successors(legacy))
        and any(source.find(key, legacy) is not None for source in sources for key in legacy.keys)
        for legacy in history.legacy
    )


def _old_keys(history: History, source: Source) -> dict[Legacy, dict[Path, Found]]:
    return {
        legacy: values
        for legacy in history.legacy
        if (values := {key: found for key in legacy.keys if (found := source.find(key, legacy)) is not None})
    }


def _decoded(value: Any) -> Any:
    """A list or an object that the environment has as JSON text; anything else as it is."""
    if not (isinstance(value, str) and value.lstrip()[:1] in ("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _until(window: Window, *, gone: bool) -> str:
    return f"and is not taken since {window.remove_in}" if gone else f"and will not be taken from {window.remove_in} on"


def _why(declaration: Any) -> str:
    return f" ({declaration.reason})" if declaration.reason else ""
