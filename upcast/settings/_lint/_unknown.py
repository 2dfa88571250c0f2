"""Keys that nobody declared, with those that they may have been meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from typing import Any, Final, Literal

import attrs
from pydantic import BaseModel

from upcast._paths import Path
from upcast._steps._arguments import contains
from upcast.settings._lint._finding import SettingsFinding, Severity, called, finding
from upcast.settings._lint._sources import Names, Source, Tree
from upcast.settings.history import History
from upcast.settings.spelling import Speller, aliases, model_in

__all__ = ["is_of_class", "unknown_keys"]

_MOST: Final = 100
"""How many of one source are told: the file of another program would fill the report."""


def unknown_keys(history: History, source: Source) -> Iterator[SettingsFinding]:
    """The keys of a source that the class does not know: where it refuses them, and where they have its prefix.

    Args:
        history: The history of the settings class.
        source: The source.
    """
    strangers = list(_in_names(history, source) if isinstance(source, Names) else _in_tree(history, source))
    for each in strangers[:_MOST]:
        yield each.finding(history)
    if len(strangers) > _MOST:
        worst = strangers[_MOST]
        message = f"{source.label}: {len(strangers) - _MOST:,} more keys are no settings of the class"
        yield finding(
            "setting-unknown", history.name, message, file=worst.file, about=source.label, severity=worst.severity
        )


@attrs.frozen
class _Stranger:
    """A key that is not known.

    Attributes:
        spelling: How it is written.
        near: Those that may stand there.
        alike: How many letters all of them begin with.
        severity: Whether it is refused.
        owner: What sets it.
        file: The file.
        line: The line in it.
    """

    spelling: str
    near: Collection[str]
    alike: int
    severity: Severity
    owner: str
    file: str
    line: int | None

    def finding(self, history: History) -> SettingsFinding:
        names = {name[self.alike :].upper(): name for name in self.near}
        told = [names[each] for each in difflib.get_close_matches(self.spelling[self.alike :].upper(), names, n=3)]
        # What is spelled almost like a key of ours is one, and no piece of a value.
        name = self.spelling if told else called(self.spelling)
        refused = "the class refuses it" if self.severity == "error" else "nothing reads it"
        return finding(
            "setting-unknown",
            history.name,
            f"{name} is no setting of the class: {refused}",
            remedy=f"Perhaps {' or '.join(told)}." if told else "Take it away, or declare what became of it.",
            file=self.file,
            line=self.line,
            about=f"{self.owner or self.file} {name}",
            severity=self.severity,
        )


# --- files ----------------------------------------------------------------------------------------------------------


def _in_tree(history: History, source: Source) -> Iterator[_Stranger]:
    assert isinstance(source, Tree)
    old = {_folded(key, source.speller) for legacy in history.legacy for key in legacy.keys}

    def walk(table: dict[Any, Any], model: type[BaseModel], above: Path, *, declared: bool) -> Iterator[_Stranger]:
        """Look at a table of a model; at one that is only there for old keys where not *declared*."""
        names = {alias: name for name in model.model_fields for alias in aliases(model, name)} if declared else {}
        # Of the first level the case does not matter where it does not in the environment.
        alike = {} if above else {source.speller.folded(alias): name for alias, name in names.items()}
        for name, value in table.items():
            path = (*above, str(name))
            folded = _folded(path, source.speller)
            field = names.get(name) or alike.get(folded[0])
            if field is not None:
                inner, _ = model_in(model.model_fields[field].annotation)
                if inner is not None and isinstance(value, dict):
                    yield from walk(value, inner, path, declared=True)
            elif folded in old:
                continue
            elif isinstance(value, dict) and any(contains(folded, key) for key in old):
                yield from walk(value, model, path, declared=False)
            elif model.model_config.get("extra") == "forbid":
                start = "".join(f"{part}." for part in above)
                near = [start + each for each in names]
                line = source.line(path)
                yield _Stranger(f"{start}{name}", near, len(start), "error", "", source.file, line)

    yield from walk(source.data, source.speller.settings_class, (), declared=True)


def _folded(path: Path, speller: Speller) -> Path:
    return (speller.folded(path[0]), *path[1:])


# --- names ----------------------------------------------------------------------------------------------------------


def _in_names(history: History, source: Names) -> Iterator[_Stranger]:
    speller = source.speller
    config = speller.settings_class.model_config
    known = _Known.of(history, speller)
    prefix = speller.folded(speller.prefix)
    filtering = config.get("dotenv_filtering")
    for name, variable in source.variables.items():
        place = known.place(name)
        mine = bool(prefix) and name.startswith(prefix)
        # A `.env` file hands on what it has, the environment only what is asked for.
        handed_on = (
            source.dotenv and bool(variable.value) and (filtering is None or (filtering == "match_prefix" and mine))
        )
        refused = place == "refused" or (place == "nowhere" and handed_on and config.get("extra") == "forbid")
        if refused or place == "ignored" or (place == "nowhere" and mine):
            severity: Severity = "error" if refused else "warning"
            alike = len(prefix) if mine else 0
            yield _Stranger(variable.name, known.told, alike, severity, variable.owner, variable.file, variable.line)


def is_of_class(history: History, source: Names) -> bool:
    """Whether a source has a name of the class: one that it knows, or one with its prefix."""
    known = _Known.of(history, source.speller)
    prefix = source.speller.folded(source.speller.prefix)
    return any((prefix and name.startswith(prefix)) or known.place(name) != "nowhere" for name in source.variables)


@attrs.frozen
class _Known:
    """The names that a class knows.

    Attributes:
        speller: How they are written.
        fields: The field of each name.
        old: The names of old keys.
        told: The names as they are told to people.
    """

    speller: Speller
    fields: dict[str, str]
    old: frozenset[str]
    told: tuple[str, ...]

    @classmethod
    def of(cls, history: History, speller: Speller) -> _Known:
        spelled = {name: field for field in speller.settings_class.model_fields for name in speller.env_names((field,))}
        old = (name for legacy in history.legacy for key in legacy.keys for name in speller.env_names(key, legacy))
        nested = (name for path in _inside(speller.settings_class, ()) for name in speller.env_names(path))
        return cls(
            speller,
            {speller.folded(name): field for name, field in spelled.items()},
            frozenset(map(speller.folded, old)),
            (*spelled, *nested),
        )

    def place(self, name: str) -> Literal["known", "nowhere", "ignored", "refused"]:
        """Whether a name is known; nowhere, or inside a setting that ignores or refuses it."""
        if name in self.fields or name in self.old:
            return "known"
        delimiter = self.speller.folded(self.speller.delimiter or "")
        end = name.find(delimiter, 1) if delimiter else -1
        while end > 0:
            head, parts = name[:end], name[end + len(delimiter) :].split(delimiter)
            if head in self.old:
                return "known"
            if head in self.fields:
                annotation = self.speller.settings_class.model_fields[self.fields[head]].annotation
                return self._place_inside(annotation, parts)
            end = name.find(delimiter, end + 1)
        return "nowhere"

    def _place_inside(self, annotation: Any, parts: list[str]) -> Literal["known", "ignored", "refused"]:
        model, is_open = model_in(annotation)
        if model is None:
            return "known" if is_open or not parts else "ignored"
        if not parts:
            return "known"
        names = {self.speller.folded(alias): name for name in model.model_fields for alias in aliases(model, name)}
        if parts[0] in names:
            return self._place_inside(model.model_fields[names[parts[0]]].annotation, parts[1:])
        extra = model.model_config.get("extra")
        return "known" if extra == "allow" else "refused" if extra == "forbid" else "ignored"


def _inside(model: type[BaseModel], above: Path, models: tuple[type[BaseModel], ...] = ()) -> Iterator[Path]:
    """The settings below those of a class; of one that holds itself only the first level."""
    for name, field in model.model_fields.items():
        if above:
            yield (*above, name)
        inner, _ = model_in(field.annotation)
        if inner is not None and inner not in models:
            yield from _inside(inner, (*above, name), (*models, inner))
