"""The gate: every retained version of every event, run through the real chain before a change is called covered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from upcast.schemas._check._cache import Cache
from upcast.schemas._check._elsewhere import Elsewhere, target_of
from upcast.schemas._check._freshness import Commands
from upcast.schemas._check._gate import Gate
from upcast.schemas._check._sources import sources_of
from upcast.schemas._opened import open_registry
from upcast.schemas.config import GateConfig
from upcast.schemas.errors import SchemaError
from upcast.schemas.findings import Report, ordered
from upcast.schemas.lifecycle import deprecations, releases_of
from upcast.schemas.store import SchemaStore
from upcast.schemas.suppressions import apply

if TYPE_CHECKING:
    from upcast._registry import Registry
    from upcast.schemas.config import Policy

__all__ = ["Report", "check"]


def check(
    registry: Registry,
    schemas: Path | str,
    *,
    against: str | None = None,
    policy: Policy | None = None,
    today: dt.date | None = None,
    cache: Path | None = None,
    only: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
    target: str | None = None,
) -> Report:
    """Check that every event that may be stored can be read by today's classes, by reading such events.

    Args:
        registry: The registry; it is not sealed.
        schemas: The folder of the frozen files.
        against: What is released: a git ref, or another folder. Without it everything that is frozen counts as
            released, and nothing can tell whether it was edited.
        policy: Which readers and writers have to go together, instead of what `gate.toml` says.
        today: The day on which suppressions must still count.
        cache: A folder for what was found, so that types are not run again while nothing of them changes.
        only: The event types to look at; all of them by default.
        progress: Called with the number of types that are done, and of all.
        target: Where the registry is found, as `module:attribute`: other processes import it from there to run the
            steps in another environment. By default it is looked for among the modules.

    Raises:
        SchemaError: The folder, the baseline or `gate.toml` cannot be read; or *only* names a type that is neither
            declared nor frozen.
        RegistryError: It is no registry.
    """
    folder = Path(schemas)
    config = GateConfig.read(folder)
    if policy is not None:
        config = attrs.evolve(
            config,
            policy=policy,
            events={name: attrs.evolve(event, policy=None) for name, event in config.events.items()},
        )
    opened = open_registry(registry)
    gate = Gate(
        opened=opened,
        store=SchemaStore.at(folder),
        baseline=_baseline(against, folder),
        config=config,
        commands=Commands(target or target_of(registry) or "module:registry", str(folder)),
        cache=None if cache is None else Cache.read(cache),
        # Before anything is run: a step may import something.
        sources=b"" if cache is None else sources_of(opened),
        only=tuple(only),
        progress=progress or (lambda _done, _all: None),
    )
    gate.refuse_unknown()
    with Elsewhere(registry, target) as elsewhere:
        report, current = gate.run(elsewhere)
    checked = gate.only or None
    found = [
        *report.findings,
        *deprecations(config, current=current, releases=releases_of(config, folder), checked=checked),
    ]
    told = apply(
        found, config, today=today or dt.datetime.now(dt.UTC).date(), versions=gate.released_versions(), checked=checked
    )
    notes = report.notes
    if gate.baseline is not None and gate.store.types() and not gate.baseline.types():
        # The first time that is so; later the folder was moved, and nothing protects what is released.
        notes += (f"nothing is frozen in {gate.baseline.label}: no version counts as released",)
    return attrs.evolve(report, findings=tuple(ordered(told)), notes=notes)


def _baseline(against: str | None, folder: Path) -> SchemaStore | None:
    if against is None:
        return None
    if not Path(against).is_dir():
        return SchemaStore.at_ref(against, folder)
    store = SchemaStore.at(Path(against))
    if not store.types():  # it may be a folder that only has the name of a branch
        raise SchemaError(f"{against} is a folder in which nothing is frozen; refs/heads/{against} would be the branch")
    return store
