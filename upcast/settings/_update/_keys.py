"""What one declaration makes of a file: old keys become new ones, or new ones the old ones again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

import attrs

from upcast._chain import place_of
from upcast._paths import ABSENT, Path, StepFailed, dotted, get, put
from upcast._steps import JoinFields, Step
from upcast.settings._documents._document import CannotEdit, Document
from upcast.settings._documents._wanted import same
from upcast.settings._loading._migration import Failed, as_text, moved
from upcast.settings._update._carry import carried, written
from upcast.settings._update._names import Names
from upcast.settings._update._operations import Operation, Replace, successors
from upcast.settings._update._places import FilePlaces, Found, Places, lines
from upcast.settings._update._refusals import Refused, Refusing, refused_edit
from upcast.settings._update._types import typed
from upcast.settings.legacy import Legacy, RetiredValue
from upcast.settings.spelling import annotation_at
from upcast.typing import Payload

__all__ = ["Change", "Prefer", "Updating", "equal"]

Prefer: TypeAlias = Literal["new", "old"]
"""Whose value stays where a file has an old key and its successor, and they differ."""


@attrs.frozen
class Change:
    """Something that an update does to a file.

    Attributes:
        kind: What became of the key: that of the declaration, or `retired-value` or `version`.
        key: The entries that were there, as they were written.
        to: The entries that are there instead; empty where there is none.
        line: The line of the first one before the update, where it is known.
    """

    kind: str
    key: str
    to: str
    line: int | None

    def __str__(self) -> str:
        place = "" if self.line is None else f" (line {self.line})"
        what = "" if self.kind in {"renamed", "moved", "split", "merged", "removed"} else f" [{self.kind}]"
        return f"{self.key}{place}: {f'becomes {self.to}' if self.to else 'goes'}{what}"


@attrs.frozen
class Updating:
    """How a file is brought to other keys, one declaration at a time.

    Attributes:
        original: The file as it is, whose lines are told.
        places: How keys are written in the file.
        prefer: Whose value stays where old and new differ; None to refuse.
    """

    original: Document
    places: Places
    prefer: Prefer | None

    def forwards(self, document: Document, legacy: Legacy) -> tuple[Document, Change | None]:
        """Write today's keys instead of old ones.

        Raises:
            Refusing: It cannot be done; the document stays as it is.
        """
        found = self._found(document, legacy.keys, legacy)
        if not found:
            return document, None
        values = {key: each.value for key, each in found.items()}
        try:
            made = moved(legacy, values)
        except Failed as failed:
            raise self._refusing(failed.kind, document, found, str(failed), "Correct it by hand.") from None
        missing = [dotted(key) for key in legacy.keys if key not in found]
        if missing:
            # Another source may have it: written here, the default would take its place.
            problem = f"it is merged with {', '.join(missing)}, which may be set elsewhere"
            raise self._refusing("incomplete", document, found, problem, "Edit it by hand, where all of them are set.")
        return self._written(document, legacy.kind, found, _picked(made, legacy.targets), None)

    def backwards(self, document: Document, legacy: Legacy) -> tuple[Document, Change | None]:
        """Write old keys instead of today's ones.

        Raises:
            Refusing: It cannot be done, or not without a loss; the document stays as it is.
        """
        found = self._found(document, legacy.targets, None)
        if not found:
            return document, None
        inverse = legacy.inverse()
        if inverse is None:
            problem = "the declaration has no way back"
            raise self._refusing("cannot-undo", document, found, problem, "Write the old key by hand.")
        values = {key: each.value for key, each in found.items()}
        made, problem = _undone(inverse, self._arguments(inverse, values))
        old = _picked(made, legacy.keys)
        problem = problem or self._loss(legacy, old, values)
        if problem:
            raise self._refusing("cannot-undo", document, found, problem, "Write the old key by hand.")
        return self._written(document, _BACK.get(legacy.kind, legacy.kind), found, old, legacy)

    def value(self, document: Document, retired: RetiredValue, *, back: bool) -> tuple[Document, Change | None]:
        """Write another value for one that was retired, or that one again.

        Raises:
            Refusing: Nobody said which; the document stays as it is.
        """
        found = self.places.find(document, retired.key)
        if found is None:
            return document, None
        is_text = document.kind == "dotenv"
        if back:
            is_there = same(found.value, written(document, retired.use))
        else:
            is_there = retired.is_meant(found.value, text=is_text)
        if not is_there:
            return document, None
        there = {retired.key: found}
        if found.inside is not None:
            raise self._inside(document, there)
        if retired.use is retired.NOTHING:
            raise self._refusing("retired-value", document, there, "this value was retired", retired.reason)
        value = retired.value if back else retired.use
        done = self._carried(document, there, [Replace(found.first, value)])
        return done, self._change("retired-value", document, there, [found.first])

    def _found(self, document: Document, keys: Iterable[Path], legacy: Legacy | None) -> dict[Path, Found]:
        every = {key: self.places.find(document, key, legacy) for key in keys}
        found = {key: each for key, each in every.items() if each is not None}
        if any(each.inside is not None for each in found.values()):
            raise self._inside(document, found)
        return found

    def _written(
        self,
        document: Document,
        kind: str,
        found: Mapping[Path, Found],
        made: Mapping[Path, Any],
        old_keys_of: Legacy | None,
    ) -> tuple[Document, Change]:
        """Write what was made in the place of what was found."""
        if kind not in _KEEPS_VALUES and any(len(lines(document, path)) > 1 for path in _paths(found.values())):
            # The last one counts, and alone would be converted: the others would say something else than before.
            raise self._refusing("ambiguous", document, found, "it is written more than once", "Keep one of them.")
        names = Names(self.places, found, old_keys_of, self._lines(document, found))
        kept: list[Operation] = []
        added = {
            path: leaf
            for key, value in made.items()
            for path, leaf in self._free(document, key, value, old_keys_of, found, kept)
        }
        removed = {key: each.value for key, each in found.items()}
        todo = [each for operation in successors(removed, added, loose=True) for each in names.spelled(operation)]
        done = self._carried(document, found, [*kept, *todo])
        to = [path for key in made for path in self._entries(done, key, old_keys_of)]
        return done, self._change(kind, document, found, to)

    def _free(
        self,
        document: Document,
        key: Path,
        value: Any,
        legacy: Legacy | None,
        found: Mapping[Path, Found],
        kept: list[Operation],
    ) -> Iterator[tuple[Path, Any]]:
        """What of a value is not there yet, with its path; raises where something else is there."""
        there = self.places.find(document, key, legacy)
        if there is None:
            yield key, value
            return
        if isinstance(value, Mapping) and isinstance(there.value, Mapping):
            for name, item in value.items():
                yield from self._free(document, (*key, name), item, legacy, found, kept)
            return
        if equal(there.value, value):
            return
        if self.prefer is None or (self.prefer == "old" and there.inside is not None):
            raise self._refusing(
                "conflict",
                document,
                {**found, key: there},
                "they are set to different values",
                "Keep one of them, or say with --prefer whose value stays.",
            )
        if self.prefer == "old":
            kept.append(Replace(there.first, value))

    def _entries(self, document: Document, key: Path, legacy: Legacy | None) -> Iterator[Path]:
        found = self.places.find(document, key, legacy)
        if found is not None:
            yield from ([found.inside] if found.inside else found.entries.values())

    def _arguments(self, steps: tuple[Step, ...], values: Mapping[Path, Any]) -> dict[Path, Any]:
        """Values as steps that go back take them: numbers for functions, texts for what is joined."""
        values = _texts(steps, values)
        if not any(step.code for step in steps):
            return values
        settings_class = self.places.speller.settings_class
        return {key: typed(annotation_at(settings_class, key), value) for key, value in values.items()}

    def _loss(self, legacy: Legacy, old: Mapping[Path, Any], values: Mapping[Path, Any]) -> str:
        """Why old keys would not be read as what is there now; empty where they would."""
        if not old:
            return "nothing is left of it"
        try:
            again = _picked(moved(legacy, old), legacy.targets)
        except Failed as failed:
            return str(failed)
        if again.keys() == values.keys() and all(equal(value, values[key]) for key, value in again.items()):
            return ""
        return "the old keys cannot say exactly this"

    def _carried(self, document: Document, found: Mapping[Path, Found], operations: list[Operation]) -> Document:
        above = self.places.section if isinstance(self.places, FilePlaces) else ()
        try:
            return carried(document, operations, above=above)
        except CannotEdit as error:
            caught = refused_edit(error, self._told(found.values()), self._lines(document, found))
        raise Refusing(caught)

    def _change(self, kind: str, document: Document, found: Mapping[Path, Found], to: Iterable[Path]) -> Change:
        at = self._lines(document, found)
        told = ", ".join(dict.fromkeys(map(self.places.told, to)))
        return Change(kind, self._told(found.values()), told, at[0] if at else None)

    def _inside(self, document: Document, found: Mapping[Path, Found]) -> Refusing:
        inside = {key: each for key, each in found.items() if each.inside is not None}
        problem = f"{', '.join(map(dotted, inside))} stands inside a JSON text"
        return self._refusing("inside-text", document, inside, problem, "Edit the text by hand.")

    def _refusing(
        self, kind: str, document: Document, found: Mapping[Path, Found], problem: str, remedy: str
    ) -> Refusing:
        at = self._lines(document, found)
        return Refusing(Refused(kind, self._told(found.values()), at, problem, remedy))

    def _lines(self, document: Document, found: Mapping[Path, Found]) -> tuple[int, ...]:
        """Where entries stand in the file as it is; those that an earlier declaration made, where they stand now."""
        known = self.original.spots()
        at = (lines(self.original if path in known else document, path) for path in _paths(found.values()))
        return tuple(sorted({line for each in at for line in each}))

    def _told(self, found: Iterable[Found]) -> str:
        return ", ".join(dict.fromkeys(map(self.places.told, _paths(found))))


_KEEPS_VALUES = {"renamed", "moved", "removed"}
_BACK = {"split": "merged", "merged": "split"}


def _texts(steps: tuple[Step, ...], values: Mapping[Path, Any]) -> dict[Path, Any]:
    """Values with numbers as texts where they are joined: 25 and `"25"` are the same port."""
    joined = {path for step in steps if isinstance(step, JoinFields) for path in step.sources}
    texts = {key: as_text(value) for key, value in values.items() if key in joined and value is not None}
    return {**values, **{key: text for key, text in texts.items() if text is not None}}


def _undone(steps: tuple[Step, ...], values: Mapping[Path, Any]) -> tuple[Payload, str]:
    """What steps make of today's values, and why they cannot."""
    payload: Payload = {}
    for key, value in values.items():
        put(payload, key, value)
    try:
        for step in steps:
            step.apply(payload)
        return payload, ""
    except MemoryError:
        raise
    except StepFailed as error:
        return {}, str(error)
    except Exception as error:  # whatever a function of the user's raises
        return {}, f"a function raised {place_of(error)}"


def _picked(payload: Payload, keys: Iterable[Path]) -> dict[Path, Any]:
    return {key: value for key in keys if (value := get(payload, key)) is not ABSENT}


def _paths(found: Iterable[Found]) -> Iterator[Path]:
    for each in found:
        yield from [each.inside] if each.inside else each.entries.values()


def equal(one: Any, other: Any) -> bool:
    """Whether two values mean the same, where one of them may have been written as a text."""
    if same(one, other) or (as_text(one) is not None and as_text(one) == as_text(other)):
        return True
    return bool not in (type(one), type(other)) and bool(one == other)
