"""Who still uses a legacy key: what is said of it, where it is counted, and never a value of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

import attrs

from upcast.settings.legacy import Kind
from upcast.settings.window import Stage

__all__ = ["Conflict", "LegacyKeyConflict", "LegacyKeyCounter", "LegacyKeyWarning", "LegacyUse", "OnUse", "Place"]

Conflict: TypeAlias = Literal["", "same-source", "overrides", "overridden"]
"""What became of the successor, where it is set to something else: it stands in the same source, and wins; it stands in
a lower source, and loses; or in a higher one, and wins."""


class LegacyKeyWarning(FutureWarning):
    """A setting is spelled in a way that goes, or went, with a release.

    A `FutureWarning`, since Python hides a `DeprecationWarning` that an imported module causes. In CI make it an
    error: with pytest `-W error::upcast.settings.LegacyKeyWarning`; `python -W` only knows the categories that are
    built in, so there it is `-W error::FutureWarning`.
    """


class LegacyKeyConflict(LegacyKeyWarning):
    """A legacy key and its successor are both set, and differ."""


@attrs.frozen
class Place:
    """Where a key stands.

    Attributes:
        source: The source: `environment`, `.env file`, `secrets directory`, `TOML file`, `YAML file`, `JSON file`,
            `pyproject.toml`, `command line`, `arguments`, or the name of the class of a source of the user's own.
        spelling: The key as it is written there.
        file: The path of the file, where there is one.
        line: The line in it, from 1, where it is known.
    """

    source: str
    spelling: str
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        file = self.file + (f":{self.line}" if self.line is not None else "")
        return f"{self.spelling} ({', '.join(part for part in (self.source, file) if part)})"


@attrs.frozen(kw_only=True)
class LegacyUse:
    """One use of something that has a successor.

    Attributes:
        settings: The settings class, as module:name.
        key: The old key, as a dotted path; of a retired value or a changed default the setting itself.
        replacement: The new key or keys, as dotted paths; empty where there is none.
        spelled: The new keys as they are written in the same source; of a retired value the key with the value that
            was declared in its place.
        kind: What became of it; `retired-value` and `changed-default` beside those of legacy keys.
        place: Where it stands; for a changed default, which nothing sets, how it can be set.
        since: The release that brought the successor.
        remove_in: The first release that does not take it any more.
        stage: Whether it is still taken.
        reason: Why, as it was declared.
        conflict: What became of the successor, where that is set to something else.
        other: Where the successor stands in a conflict.
    """

    settings: str
    key: str
    replacement: str
    spelled: str
    kind: Kind | Literal["retired-value", "changed-default"]
    place: Place
    since: str
    remove_in: str
    stage: Stage
    reason: str = ""
    conflict: Conflict = ""
    other: Place | None = None

    def __str__(self) -> str:
        """One line without values: what it is, where it stands, what to write instead, since when and until when."""
        return f"{self.settings}: {self.place}: {self._state}{self._clash}{self.because}"

    @property
    def _state(self) -> str:
        if self.kind == "changed-default":
            return f"nothing sets it, and its default changed in {self.since}; set it to keep what you had"
        return f"{self.fate}: {self.instead}" if self.instead else self.fate

    @property
    def fate(self) -> str:
        """What became of it, since when, and until when or since when it is not taken."""
        is_value = self.kind == "retired-value"
        what = "this value was retired" if is_value else f"this key was {self.kind}"
        verb = "taken" if is_value else "read"
        until = f"is not {verb} since" if self.stage == "removed" else f"will not be {verb} from"
        return f"{what} in {self.since} and {until} {self.remove_in}"

    @property
    def because(self) -> str:
        """The reason that was declared, in brackets to be put behind what is said; empty where there is none."""
        return f" ({self.reason})" if self.reason else ""

    @property
    def instead(self) -> str:
        """What to write instead, as an order; empty where there is nothing."""
        if not self.spelled:
            return ""
        if self.kind not in {"converted", "split", "merged", "reshaped"}:
            return f"write {self.spelled}"
        form = "with values of their form" if ", " in self.replacement else "with a value of its form"
        return f"write {self.spelled} {form}"

    @property
    def _clash(self) -> str:
        if not self.conflict:
            return ""
        other = f"{self.other}"
        if self.conflict == "overrides":
            return f"; it overrides {other}, which has another value in a lower source"
        higher = "" if self.conflict == "same-source" else ", which stands in a higher source"
        effect = "it has no effect" if ", " not in self.replacement else "not all of it has an effect"
        return f"; {effect}: {other} is set to something else{higher}"


OnUse: TypeAlias = Callable[[LegacyUse], None]
"""What is called once for each use when settings are loaded: a counter of the user's metrics, for one."""

_LABELS = ("settings", "key", "replacement", "source", "since", "remove_in", "kind", "conflict")


class LegacyKeyCounter:
    """Counts uses; give it as `on_use` of `versioned`.

    It may be called from several threads.
    """

    NAME = "upcast_settings_legacy_key_total"

    def __init__(self) -> None:
        self._counts: dict[tuple[str, ...], int] = {}
        self._lock = threading.Lock()

    def __call__(self, use: LegacyUse) -> None:
        """Count a use."""
        labels = tuple(getattr(use, name) if name != "source" else use.place.source for name in _LABELS)
        with self._lock:
            self._counts[labels] = self._counts.get(labels, 0) + 1

    def __iter__(self) -> Iterator[tuple[dict[str, str], int]]:
        """Each set of labels with how often it was counted, in a stable order."""
        with self._lock:
            counted = sorted(self._counts.items())
        return iter([(dict(zip(_LABELS, labels, strict=True)), count) for labels, count in counted])

    def exposition(self) -> str:
        """The counters in the text format of Prometheus (prometheus.io, exposition formats, version 0.0.4)."""
        lines = [
            f"# HELP {self.NAME} Loads of settings in which a legacy key was found.",
            f"# TYPE {self.NAME} counter",
        ]
        for labels, count in self:
            told = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
            lines.append(f"{self.NAME}{{{told}}} {count}")
        return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
