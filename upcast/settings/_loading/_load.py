"""One load of settings: what its sources said, which old keys they had, and what is wrong with them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import attrs
from pydantic import TypeAdapter
from pydantic_settings import BaseSettings

from upcast._paths import ABSENT, Path, dotted, get, put, take
from upcast.errors import SettingProblem
from upcast.settings._loading._places import Said, file_rank, place_of
from upcast.settings.history import History
from upcast.settings.legacy import Declaration, Legacy, RetiredValue, flattened
from upcast.settings.secrecy import is_secret
from upcast.settings.spelling import Speller, annotation_at
from upcast.settings.uses import Conflict, LegacyUse, Place
from upcast.typing import Payload

__all__ = ["CURRENT", "Claim", "Load", "problem_at"]


def problem_at(kind: str, place: Place, problem: str, *, field: str = "", remedy: str = "") -> SettingProblem:
    """A problem with what stands at a place."""
    return SettingProblem(kind, field, place.spelling, place.source, place.file, place.line, problem, remedy)


@attrs.frozen
class Claim:
    """What an old key made in the place of a new one.

    Attributes:
        value: The value.
        use: The number of its use.
    """

    value: Any = attrs.field(repr=False)  # a traceback may be told with what its frames hold
    use: int


@attrs.define(eq=False)
class Load:
    """One load of settings.

    Attributes:
        settings_class: The class that is loaded.
        history: Its history.
        uses: What was used that goes.
        problems: What is wrong with old keys.
        states: Each source with what it says, in today's keys; the highest first.
        tops: Of these, the number of the highest source in *states* that had one, and the numbers of all uses.
        claims: What old keys made, by the new key and the number of the source in *states*.
        parts: Of declarations that need several keys, the old keys that sources had, with the numbers of their uses.
        gone: The uses of keys that are not taken any more, with their declarations.
        pending: What old flags made: the new keys, with the numbers of their uses.
        target: The object that is being made.
        quiet: Whether nothing is said of it: it is only looked at.
    """

    settings_class: type[BaseSettings]
    history: History
    uses: list[LegacyUse] = attrs.field(factory=list)
    problems: list[SettingProblem] = attrs.field(factory=list)
    states: list[tuple[Any, Payload]] = attrs.field(factory=list, repr=False)
    claims: list[tuple[int, Path, Claim]] = attrs.field(factory=list)
    parts: dict[Legacy, dict[Path, tuple[Any, int]]] = attrs.field(factory=dict, repr=False)
    tops: dict[Legacy, tuple[int, list[int]]] = attrs.field(factory=dict, repr=False)
    gone: list[tuple[int, Legacy]] = attrs.field(factory=list)
    pending: list[tuple[Path, int]] = attrs.field(factory=list)
    target: object = attrs.field(default=None, repr=False)
    quiet: bool = False

    def use(self, declaration: Declaration, key: Path, place: Place, spell: Callable[[Path], str]) -> int:
        """Note a use, and return its number.

        Args:
            declaration: What was used.
            key: The old key.
            place: Where it stands.
            spell: How new keys are written there.
        """
        kind: Any = "retired-value" if isinstance(declaration, RetiredValue) else "changed-default"
        if isinstance(declaration, Legacy):
            kind = declaration.kind
        targets = self.history.successors(declaration) if isinstance(declaration, Legacy) else ()
        instead = ", ".join(map(spell, targets))
        if isinstance(declaration, RetiredValue) and declaration.use is not declaration.NOTHING:
            is_hidden = is_secret(key, annotation_at(self.settings_class, key))
            instead = spell(key) if is_hidden else f"{spell(key)}={declaration.use}"
        self.uses.append(
            LegacyUse(
                settings=self.history.name,
                key=dotted(key),
                replacement=", ".join(map(dotted, targets)),
                spelled=instead,
                kind=kind,
                place=place,
                since=str(declaration.window.since),
                remove_in=str(declaration.window.remove_in),
                stage=self.history.stage(declaration),
                reason=declaration.reason,
            )
        )
        return len(self.uses) - 1

    def claim(
        self, legacy: Legacy, number: int, made: Payload, own: Payload, source: Any, speller: Speller
    ) -> list[Path]:
        """Compare what an old key made with what its source and the higher ones say themselves.

        Returns:
            The new keys for which the old one counts although the same source has them too: they stand in a file that
            its later files override.
        """
        stronger: list[Path] = []
        for target in self.history.successors(legacy):
            path = speller.file_path(target)
            value = get(made, path)
            if value is ABSENT:
                continue
            use = self.uses[number]
            mine = get(own, path)
            if mine is not ABSENT:
                other = place_of(source, speller, target)
                later = file_rank(source, use.place) - file_rank(source, other)
                if later > 0:
                    stronger.append(path)
                    self.claims.append((len(self.states), path, Claim(value, number)))
                if self.differ(path, value, mine):
                    self.clash(number, "overrides" if later > 0 else "overridden" if later else "same-source", other)
            else:
                self.claims.append((len(self.states), path, Claim(value, number)))
                self._hold_against_higher(number, path, value)
        return stronger

    def lift(self, source: Any, legacy: Legacy, made: Payload) -> Payload:
        """Give what several keys made the place of the highest source that has one of them.

        Args:
            source: The source that is read, in which the last of the keys stands.
            legacy: The declaration.
            made: What was made.

        Returns:
            What was made without it.
        """
        top, numbers = self.tops.pop(legacy)
        speller = Speller.of_source(source)
        made = dict(made)
        for target in self.history.successors(legacy):
            path = speller.file_path(target)
            value = take(made, path)
            if value is ABSENT:
                continue
            above = next((n for n, (_, state) in enumerate(self.states[:top]) if get(state, path) is not ABSENT), None)
            if above is not None:
                for number in numbers:
                    self._hold_against_higher(number, path, value)
                continue
            for below, (other, state) in enumerate(self.states[top:], top):
                lower = get(state, path)
                if lower is not ABSENT and self.differ(path, value, lower):
                    for number in numbers:
                        self.clash(number, "overrides", self.place(below, other, path))
                    break
            origin, state = self.states[top]
            state = dict(state)
            put(state, path, value)
            self.states[top] = (origin, state)
            self.claims.append((top, path, Claim(value, numbers[0])))
            # What higher sources said is merged already: this is where pydantic-settings keeps it.
            put(source.current_state, path, value)
        return made

    def _hold_against_higher(self, number: int, path: Path, value: Any) -> None:
        """Note it where the source above says something else of a setting than what an old key made."""
        for above, (source, state) in enumerate(self.states):
            higher = get(state, path)
            if higher is not ABSENT:
                if self.differ(path, value, higher):
                    self.clash(number, "overridden", self.place(above, source, path))
                return

    def refuse(self, number: int, kind: str, problem: str, *, remedy: str = "") -> None:
        """Note that a use cannot be taken."""
        use = self.uses[number]
        field = use.replacement or use.key
        self.problems.append(problem_at(kind, use.place, problem, field=field, remedy=remedy))

    def retire(self, number: int) -> bool:
        """Whether a retired value is still taken; it is refused where it is not."""
        use = self.uses[number]
        if use.stage != "removed":
            return True
        self.refuse(number, "removed-value", f"{use.fate}{use.because}", remedy="Write a valid value.")
        return False

    def clash(self, number: int, conflict: Conflict, other: Place) -> None:
        """Note that a use and what else sets its successor differ.

        Args:
            number: The number of the use.
            conflict: What becomes of it.
            other: Where the successor stands.
        """
        use = self.uses[number]
        if use.conflict:
            return
        self.uses[number] = attrs.evolve(use, conflict=conflict, other=other)
        if conflict == "same-source" and self.history.conflicts == "error" and use.stage != "removed":
            text = f"it and its successor {other} are set to different values"
            remedy = f"Take {use.place.spelling} away, or give both the same value."
            self.refuse(number, "conflict", text, remedy=remedy)

    def place(self, number: int, source: Any, path: Path) -> Place:
        """Where the value of a new key comes from in a source that was read already.

        Args:
            number: The number of the source in *states*.
            source: The source.
            path: The new key, as files have it.
        """
        for claimed, place, claim in self.claims:
            if claimed == number and place == path:
                return self.uses[claim.use].place
        return place_of(source, Speller.of_source(source), path)

    def hear(self, source: Any) -> None:
        """Note what sources said that are not migrated themselves: that of the command line stands before all hooks."""
        known = {said.name if isinstance(said, Said) else type(said).__name__ for said, _ in self.states}
        for name, state in source.settings_sources_data.items():
            if name in known:
                continue
            made = {path: number for path, number in self.pending if get(state, path) is not ABSENT}
            self.pending.clear()
            for path, number in made.items():
                self._hold_against_higher(number, path, get(state, path))
            said = Said(source.settings_cls, name)
            self._hold_against_lower(said, state, besides=made)
            self.claims += [(len(self.states), path, Claim(get(state, path), number)) for path, number in made.items()]
            self.states.append((said, state))

    def add(self, source: Any, own: Payload, state: Payload) -> None:
        """Note what a source says.

        Args:
            source: The source.
            own: What it says in today's keys by itself.
            state: The same with what its old keys made.
        """
        self._hold_against_lower(source, own)
        self.states.append((source, state))

    def _hold_against_lower(self, source: Any, own: Payload, besides: Collection[Path] = ()) -> None:
        """Note it where a source says something else of a setting than what an old key of a higher one made."""
        for number, path, claim in self.claims:
            mine = get(own, path) if number < len(self.states) and path not in besides else ABSENT
            if mine is not ABSENT and not self.uses[claim.use].conflict and self.differ(path, claim.value, mine):
                self.clash(claim.use, "overrides", place_of(source, Speller.of_source(source), path))

    def differ(self, path: Path, one: Any, other: Any) -> bool:
        """Whether two values of a setting mean different things: `"60"` and 60 do not, for a number."""
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            theirs = dict(flattened(other))
            return any(
                inner in theirs and self.differ((*path, *inner), value, theirs[inner])
                for inner, value in flattened(one)
            )
        adapter = _adapter_at(self.settings_class, path)
        # What the class refuses; and validators and `==` of the user's own may raise anything.
        with suppress(Exception):
            if type(one) is type(other) and one == other:
                return False
            if adapter is not None:
                return bool(adapter.validate_python(one) != adapter.validate_python(other))
        return str(one) != str(other)

    def decided(self, legacy: Legacy, own: Payload, speller: Speller) -> bool:
        """Whether all that old keys would make is set by their own source or by a higher one.

        Args:
            legacy: The declaration.
            own: What the source says in today's keys.
            speller: The rules of the source.
        """
        paths = [speller.file_path(target) for target in self.history.successors(legacy)]
        return all(get(own, path) is not ABSENT or self.provided(path) for path in paths)

    def provided(self, path: Path) -> bool:
        """Whether any source says something of a setting."""
        return any(get(state, path) is not ABSENT for _, state in self.states)

    def origin(self, path: Path) -> tuple[Place, LegacyUse | None] | None:
        """Where the value of a setting comes from, and by which old key; None where no source has it."""
        for number, (source, state) in enumerate(self.states):
            if get(state, path) is ABSENT:
                continue
            for claimed, place, claim in self.claims:
                use = self.uses[claim.use]
                if claimed == number and place == path[: len(place)] and use.conflict in {"", "overrides"}:
                    return use.place, use
            return place_of(source, Speller.of_source(source), path), None
        return None

    def overridden(self, path: Path) -> tuple[Place, ...]:
        """Where a setting stands beside the source that its value comes from, the highest first."""
        having = [
            (number, source) for number, (source, state) in enumerate(self.states) if get(state, path) is not ABSENT
        ]
        return tuple(self.place(number, source, path) for number, source in having[1:])


CURRENT: ContextVar[Load | None] = ContextVar("upcast_settings_load", default=None)
"""The load that is going on."""


@functools.lru_cache(maxsize=1024)
def _adapter_at(settings_class: type[BaseSettings], path: Path) -> TypeAdapter[Any] | None:
    """What reads the values of the setting at a path, without its constraints."""
    annotation = annotation_at(settings_class, path)
    if annotation is None:
        return None
    try:
        return TypeAdapter(annotation)
    except Exception:  # an annotation that only makes sense inside its class
        return None
