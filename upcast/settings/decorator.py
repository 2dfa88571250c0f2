"""`versioned`: gives a settings class its history, and has it read every spelling that the history knows."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias, TypeVar

import attrs
from pydantic import BaseModel

from upcast._chain import Edge, FunctionEdge, StepsEdge, operations
from upcast._functions import caller, misfit
from upcast._line import is_version
from upcast._paths import Path, dotted
from upcast._releases import parse_release
from upcast._steps import Step
from upcast._steps._arguments import contains
from upcast.errors import Defect, InvalidLegacy, RegistryDefects
from upcast.settings._extra import BaseSettings
from upcast.settings._loading._install import install
from upcast.settings.history import ATTRIBUTE, Conflicts, History
from upcast.settings.legacy import Declaration, Legacy
from upcast.settings.spelling import Speller, aliases, model_in
from upcast.settings.uses import OnUse
from upcast.typing import Payload

__all__ = ["Upcasters", "versioned"]

SettingsT = TypeVar("SettingsT", bound=BaseSettings)
Upcasters: TypeAlias = Mapping[int, Step | Sequence[Step] | Callable[[Payload], Payload]]
"""What brings a file of a version to the next one, by the version that it takes: a step, steps, or a function."""


def versioned(
    *declarations: Declaration,
    release: str | None = None,
    conflicts: Conflicts | None = None,
    on_use: OnUse | Iterable[OnUse] = (),
    version: int | None = None,
    upcasters: Upcasters | None = None,
    unversioned: int | None = None,
    reads_up_to: int | None = None,
) -> Callable[[type[SettingsT]], type[SettingsT]]:
    """Give a settings class its history.

    Every source of the class is migrated on its own, before sources merge: the precedence of the sources stays what it
    is, whatever the spelling. A subclass has the history of its base; decorated itself, it has that and its own, and
    what is not said is as it is for the base.

    Args:
        declarations: What became of keys, values and defaults.
        release: The release of the program that runs, such as `2.2.0`: it decides what warns and what is not taken
            any more. Without it everything warns and is taken.
        conflicts: What happens where one source has an old key and its successor, and they differ: `new-wins`, the
            default, says so and takes the new one, `error` refuses.
        on_use: What is called for each use, such as a `LegacyKeyCounter`; several in a list.
        version: The `schema_version` of the class, for files that carry one, and for the gate; by default 1.
        upcasters: What brings a file of each older version to the next one. A version without one is read as it is.
        unversioned: The version of files that say none; by default they are taken to be of today.
        reads_up_to: The newest version of files of later releases that the class reads as it is.

    Returns:
        A decorator for a class of pydantic-settings, which it returns.

    Raises:
        InvalidLegacy: An argument makes no sense.
        RegistryDefects: All defects of the declarations at once, each with its remedy; raised by the decorator.
    """
    running = None if release is None else parse_release(release)
    if release is not None and running is None:
        raise InvalidLegacy(f"release={release!r} is no release: write it as 2.1.0")
    if conflicts not in (None, "new-wins", "error"):
        raise InvalidLegacy(f"conflicts={conflicts!r}: say 'new-wins' or 'error'")
    for each in declarations:
        if not isinstance(each, Declaration):
            raise InvalidLegacy(f"{each!r} is no Legacy, RetiredValue or ChangedDefault")
    for argument, value in (("unversioned", unversioned), ("reads_up_to", reads_up_to)):
        if value is not None and not is_version(value):
            raise InvalidLegacy(f"{argument}={value!r} is no version: give an integer from 1")
    if version is not None:
        _Versions.of(History(name=""), version, unversioned, reads_up_to)  # what a base has does not change it
    told = (on_use,) if callable(on_use) else tuple(on_use)
    where = caller(2)

    def decorate(settings_class: type[SettingsT]) -> type[SettingsT]:
        if not (isinstance(settings_class, type) and issubclass(settings_class, BaseSettings)):
            raise InvalidLegacy(f"{settings_class!r} is no class of pydantic-settings: versioned decorates those")
        name = f"{settings_class.__module__}:{settings_class.__qualname__}"
        base: History = getattr(settings_class, ATTRIBUTE, None) or History(name=name)
        versions = _Versions.of(base, version, unversioned, reads_up_to)
        edges, defects = _edges(upcasters or {}, versions.today, name, where)
        edges = {**base.edges, **edges}
        judge = _Judge(settings_class, (*base.declarations, *declarations), name)
        defects = [*defects, *judge.defects()]
        if defects:
            count = len(defects)
            raise RegistryDefects(f"{name} has {count} defect{'s' if count > 1 else ''}", defects)
        history = History(
            name=name,
            declarations=judge.in_order(),
            release=running or base.release,
            conflicts=conflicts or base.conflicts,
            version=versions.today,
            operations={
                start: operations([edges[each] for each in range(start, versions.today) if each in edges], None)
                for start in range(1, versions.today)
            },
            edges=edges,
            unversioned=versions.unversioned,
            reads_up_to=versions.newest,
            on_use=(*base.on_use, *told),
        )
        setattr(settings_class, ATTRIBUTE, history)
        settings_class.__upcast_registry__ = classmethod(_registry)  # type: ignore[attr-defined]  # for the gate
        install(settings_class, _refuse_old_keys)
        return settings_class

    return decorate


def _refuse_old_keys(settings_class: type[BaseSettings]) -> None:
    """Refuse a derived class that has an old key of its base as a field, which would be taken away from it."""
    history: History = getattr(settings_class, ATTRIBUTE)
    name = f"{settings_class.__module__}:{settings_class.__qualname__}"
    found = _Judge(settings_class, history.declarations, name).defects()
    defects = [defect for defect in found if defect.reason == "legacy-is-field"]
    if defects:
        raise RegistryDefects(f"{name} does not go with the history of its base", defects)


def _registry(settings_class: type[BaseSettings]) -> object:
    """What the gate imports in the place of the class."""
    from upcast.settings.gate import registry_of

    return registry_of(settings_class)


@attrs.frozen
class _Versions:
    """The versions of files that a class knows."""

    today: int
    unversioned: int | None
    newest: int

    @classmethod
    def of(cls, base: History, version: int | None, unversioned: int | None, reads_up_to: int | None) -> _Versions:
        """What was said of them; what was not is as the base has it.

        Raises:
            InvalidLegacy: It makes no sense.
        """
        today = base.version if version is None else version
        if not is_version(today):
            raise InvalidLegacy(f"version={version!r} is no version: give an integer from 1")
        newest = max(today, base.reads_up_to) if reads_up_to is None else reads_up_to
        if not is_version(newest) or newest < today:
            raise InvalidLegacy(f"reads_up_to={reads_up_to!r}: give a version from {today} on")
        if unversioned is not None and not (is_version(unversioned) and unversioned <= today):
            raise InvalidLegacy(f"unversioned={unversioned!r}: give a version from 1 to {today}")
        return cls(today, base.unversioned if unversioned is None else unversioned, newest)


def _edges(given: Upcasters, version: int, name: str, where: str) -> tuple[dict[int, Edge], list[Defect]]:
    edges: dict[int, Edge] = {}
    defects = []

    def defect(reason: str, problem: str, remedy: str) -> None:
        defects.append(Defect(reason, problem, event_type=name, where=where, remedy=remedy))

    for start, what in given.items():
        steps = (what,) if isinstance(what, Step) else tuple(what) if isinstance(what, Sequence) else ()
        if not is_version(start) or start >= version:
            defect(
                "orphan-edge",
                f"an upcaster starts from {start!r}, but the class has version {version}",
                f"Give upcasters for versions from 1 to {version - 1}, or raise version=.",
            )
        elif steps and all(isinstance(step, Step) for step in steps):
            edges[start] = StepsEdge(start, steps, where)
        elif callable(what):
            problem = misfit(what, {})
            if problem:
                defect("bad-function", problem, "Write a plain function of the table, a dict, that returns it.")
            edges[start] = FunctionEdge(start, what, needs_envelope=False, where=where)
        else:
            defect("bad-function", f"the upcaster from {start} is neither steps nor a function", "Give one of them.")
    return edges, defects


@attrs.frozen
class _Judge:
    """Finds what is wrong with declarations, against the class they are about."""

    settings_class: type[BaseSettings]
    declarations: tuple[Declaration, ...]
    name: str

    @property
    def legacy(self) -> tuple[Legacy, ...]:
        return tuple(each for each in self.declarations if isinstance(each, Legacy))

    def defects(self) -> Iterator[Defect]:
        yield from self._twice()
        old_keys = {key for each in self.legacy for key in each.keys}
        for each in self.declarations:
            targets = each.targets if isinstance(each, Legacy) else (each.key,)
            for target in targets:
                if not self._is_setting(target) and not any(contains(key, target) for key in old_keys):
                    yield self._unknown(each, target)
        yield from self._still_there()
        try:
            self.in_order()
        except CycleError:
            yield self._defect(
                self.legacy[0], "legacy-cycle", "declarations go round in a circle", "Take one of them away."
            )

    def in_order(self) -> tuple[Declaration, ...]:
        """The declarations, each before those that go on with what it makes."""
        graph: dict[int, set[int]] = {}
        for number, each in enumerate(self.declarations):
            before = {
                other
                for other, maker in enumerate(self.declarations)
                if isinstance(each, Legacy)
                and isinstance(maker, Legacy)
                and any(contains(key, made) or contains(made, key) for key in each.keys for made in maker.targets)
            }
            graph[number] = before
        return tuple(self.declarations[number] for number in TopologicalSorter(graph).static_order())

    def _twice(self) -> Iterator[Defect]:
        known: dict[Path, Legacy] = {}
        for each in self.legacy:
            for key in each.keys:
                clash = next((old for old in known if contains(old, key) or contains(key, old)), None)
                if clash is not None:
                    yield self._defect(
                        each,
                        "duplicate-legacy",
                        f"{dotted(key)!r} is declared already, at {known[clash].where}",
                        "One key becomes one thing: put the steps into one declaration.",
                    )
                known[key] = each

    def _still_there(self) -> Iterator[Defect]:
        speller = Speller.of_class(self.settings_class)
        taken = {
            speller.folded(name): field
            for field in self.settings_class.model_fields
            for name in speller.env_names((field,))
        }
        for each in self.legacy:
            for key in each.keys:
                if self._is_setting(key, declared=True):
                    yield self._defect(
                        each,
                        "legacy-is-field",
                        f"{dotted(key)!r} is a setting of the class, so an old value cannot be told from a new one",
                        "Take the field away, or give the new setting another name.",
                    )
                    continue
                for name in speller.env_names(key, each):
                    if speller.folded(name) in taken:
                        yield self._defect(
                            each,
                            "legacy-is-field",
                            f"in the environment {dotted(key)!r} has the name {name}, which is that of the setting "
                            f"{taken[speller.folded(name)]!r}",
                            "Give the old key its own name with env=.",
                        )

    def _is_setting(self, path: Path, *, declared: bool = False) -> bool:
        """Whether the class has a place for a path; one inside a map only counts where it need not be declared."""
        model: type[BaseModel] | None = self.settings_class
        for depth, part in enumerate(path):
            if model is None:
                return not declared
            field = next((name for name in model.model_fields if part in (name, *aliases(model, name))), None)
            if field is None:
                return not declared and model.model_config.get("extra") == "allow"
            last = depth == len(path) - 1
            model, is_open = model_in(model.model_fields[field].annotation)
            if model is None and not is_open and not last:
                return False
        return True

    def _unknown(self, declaration: Declaration, path: Path) -> Defect:
        near = difflib.get_close_matches(path[0], self.settings_class.model_fields, n=1)
        return self._defect(
            declaration,
            "unknown-setting",
            f"{dotted(path)!r} is no setting of the class",
            f"Did you mean {near[0]!r}?" if near else "Declare the field, or correct the path.",
        )

    def _defect(self, declaration: Declaration, reason: str, problem: str, remedy: str) -> Defect:
        return Defect(
            reason, f"{declaration!r}: {problem}", event_type=self.name, where=declaration.where, remedy=remedy
        )
