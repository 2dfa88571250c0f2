"""Findings that somebody answers for, with a reason and a last day; entries that no longer do anything are findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from upcast.schemas._check._findings import finding
from upcast.schemas.config import NEVER_SUPPRESSED

if TYPE_CHECKING:
    from collections.abc import Collection

    from upcast.schemas.config import GateConfig, Suppression
    from upcast.schemas.findings import Finding

__all__ = ["apply"]


def apply(
    findings: Iterable[Finding],
    config: GateConfig,
    *,
    today: dt.date,
    versions: Mapping[str, int],
    checked: Collection[str] | None = None,
) -> list[Finding]:
    """Mark the findings that are suppressed, and say which entries do nothing or no longer count.

    Args:
        findings: What was found.
        config: The entries.
        today: The day on which they must still count.
        versions: The newest version of each event type in the baseline. An entry for a pair of versions is over as
            soon as the baseline has a newer one than that pair.
        checked: The event types that were looked at, where those are not all: nothing is said about entries for
            others.

    Returns:
        All findings, those of U931 and U932 behind the others. An entry that is over suppresses nothing.
    """
    told = list(findings)
    about_entries = []
    for entry in config.suppressions:
        hit = [number for number, each in enumerate(told) if entry.matches(each)]
        may = [number for number in hit if told[number].rule not in NEVER_SUPPRESSED]
        if not may:
            if checked is None or entry.event in checked:
                about_entries.append(_unused(entry, refused=told[hit[0]] if hit else None))
            continue
        over = _over(entry, [told[number] for number in may], today, versions)
        if over:
            about_entries.append(_expired(entry, told[may[0]], over))
            continue
        for number in may:
            told[number] = msgspec.structs.replace(told[number], suppressed=told[number].suppressed or entry.reason)
    return told + about_entries


def _over(entry: Suppression, hit: list[Finding], today: dt.date, versions: Mapping[str, int]) -> str:
    """Why an entry no longer counts; empty while it does."""
    if today > entry.expires:
        return f"its last day was {entry.expires}"
    # An entry that names its versions dies with them; one that names none is meant for all.
    named = [entry.to_version] if entry.to_version else [found.to_version for found in hit if entry.fingerprint]
    newest = versions.get(hit[0].event, 0)
    if any(version and version < newest for version in named):
        return f"it is for a change that is behind v{newest}, which is released"
    return ""


def _unused(entry: Suppression, *, refused: Finding | None) -> Finding:
    if refused is None:
        message = f"the suppression of {_called(entry)} matches no finding"
    else:
        message = (
            f"the suppression of {_called(entry)} does nothing: {refused.rule} ({refused.slug}) cannot be suppressed"
        )
    return _about("U931", entry, entry.event or (refused.event if refused else ""), message, "delete the entry")


def _expired(entry: Suppression, hit: Finding, why: str) -> Finding:
    message = f"the suppression of {_called(entry)} no longer counts: {why}"
    remedy = "mend what it was for and delete the entry, or answer for it anew with a later `expires`"
    if "released" in why:
        remedy = "mend what it was for and delete the entry, or write one for the newer pair of versions"
    return _about("U932", entry, hit.event, message, remedy)


def _called(entry: Suppression) -> str:
    if entry.fingerprint:
        return f"finding {entry.fingerprint}"
    return f"{entry.rule} in {entry.event}{f' at {entry.pointer}' if entry.pointer else ''}"


def _about(rule: str, entry: Suppression, event: str, message: str, remedy: str) -> Finding:
    return finding(
        rule,
        event,
        message,
        versions=(entry.from_version, entry.to_version),
        pointer=entry.pointer or "",
        remedy=remedy,
        no_witness="it is about the configuration",
        place=entry.place,
        about=entry.fingerprint or entry.rule,
    )
