"""What lint found, as findings of the gate: the same reports tell both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from upcast._paths import parse_path
from upcast.schemas.findings import Finding, fingerprint_of

if TYPE_CHECKING:
    from upcast.settings.lint import SettingsFinding

__all__ = ["as_findings"]


def as_findings(found: Iterable[SettingsFinding], *, strict: bool) -> list[Finding]:
    """Findings about settings, as reports tell them.

    Args:
        found: What lint found.
        strict: Whether a warning blocks too.
    """
    return [_finding(each, strict=strict) for each in found]


def _finding(found: SettingsFinding, *, strict: bool) -> Finding:
    parts = parse_path(found.key, "a key") if found.key else ()
    pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in parts)
    return Finding(
        rule=found.rule,
        slug=found.slug,
        severity="error" if strict and found.severity == "warning" else found.severity,
        event=found.settings,
        pointer=pointer,
        message=found.message,
        remedy=found.remedy,
        no_witness="it is not about a payload",
        place=found.place,
        fingerprint=fingerprint_of(found.rule, found.settings, None, None, f"{pointer} {found.about} {found.file}"),
    )
