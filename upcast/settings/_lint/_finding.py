"""What lint says: findings without a value in them, and the rules by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import attrs

from upcast._paths import Path, dotted

__all__ = ["RULES", "SettingsFinding", "Severity", "called", "finding"]

Severity: TypeAlias = Literal["error", "warning", "info"]

RULES: Final[Mapping[str, tuple[str, Severity]]] = {
    "legacy-key-used": ("U941", "warning"),
    "legacy-key-removed": ("U942", "error"),
    "legacy-key-conflict": ("U943", "error"),
    "legacy-key-conflict-across-sources": ("U944", "warning"),
    "legacy-key-not-convertible": ("U945", "error"),
    "retired-value-used": ("U946", "warning"),
    "retired-value-removed": ("U947", "error"),
    "changed-default-unset": ("U948", "info"),
    "setting-unknown": ("U949", "error"),
    "required-setting-missing": ("U950", "error"),
    "source-unreadable": ("U951", "error"),
    "file-version-old": ("U952", "warning"),
    "file-version-unreadable": ("U953", "error"),
    "manifest-unresolved": ("U954", "info"),
    "container-not-found": ("U955", "warning"),
    "window-too-short": ("U956", "error"),
    "removal-due": ("U957", "warning"),
    "since-not-a-release": ("U958", "error"),
}
"""Each rule by its name: its id, and the severity of its gravest case."""


@attrs.frozen(kw_only=True)
class SettingsFinding:
    """One thing that lint has to say; it repeats no value.

    Attributes:
        rule: The id of the rule, such as `U941`.
        slug: Its name, such as `legacy-key-used`.
        severity: Whether it blocks: only an error does.
        settings: The settings class, as module:name.
        key: The key of the class or of its history, as a dotted path; empty where it is about a source as a whole.
        message: What was found, in one sentence.
        remedy: What to do about it.
        file: The path of the file, where there is one.
        line: The line in it, where it is known.
        about: What tells it from others of the same rule and key: a spelling, a container. It does not change when
            lines move.
    """

    rule: str
    slug: str
    severity: Severity
    settings: str
    key: str = ""
    message: str
    remedy: str = ""
    file: str = ""
    line: int | None = None
    about: str = ""

    @property
    def place(self) -> str:
        """File and line."""
        return self.file + (f":{self.line}" if self.file and self.line is not None else "")


def finding(
    slug: str,
    settings: str,
    message: str,
    *,
    key: Path = (),
    remedy: str = "",
    file: str = "",
    line: int | None = None,
    about: str = "",
    severity: Severity | None = None,
) -> SettingsFinding:
    """A finding of the rule of that name.

    Args:
        slug: The name of the rule.
        settings: See `SettingsFinding`; as all that follows.
        message: What was found.
        key: The key.
        remedy: What to do.
        file: Where.
        line: Where in it.
        about: What tells it from others.
        severity: Where it is not that of the rule.
    """
    rule, gravest = RULES[slug]
    return SettingsFinding(
        rule=rule,
        slug=slug,
        severity=severity or gravest,
        settings=settings,
        key=_printable(dotted(key)),
        message=_printable(message),
        remedy=_printable(remedy),
        file=_printable(file),
        line=line,
        about=_printable(about),
    )


def _printable(text: str) -> str:
    """*text* without what a terminal obeys and what no JSON can hold: names come from whoever wrote the file."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


_LONGEST: Final = 64


def called(name: str, otherwise: str = "a key") -> str:
    """A name that was found and that nobody declared, if it looks like a name.

    What stands where a name should be may be a piece of a value: the rest of a key in base64 that was not quoted, a
    line without its `=`.

    Args:
        name: What stands there.
        otherwise: What it is called instead.
    """
    plain = name.replace("_", "").replace("-", "").replace(".", "")
    looks = plain.isascii() and plain.isalnum() and not name[0].isdigit() and name in (name.upper(), name.lower())
    return name if looks and len(name) <= _LONGEST else otherwise
