"""Files that carry a `schema_version`: each is brought to today's version before the files of a source merge."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any

import pydantic_settings as ps
from pydantic_settings.sources import ConfigFileSourceMixin

from upcast._chain import Chain
from upcast._line import is_version
from upcast._paths import Path
from upcast.errors import SettingProblem, UpcasterFailed
from upcast.settings._loading._kinds import files_of, label_of, section_of
from upcast.settings._loading._load import Load, problem_at
from upcast.settings._loading._migration import copied, merged
from upcast.settings.history import History
from upcast.settings.spelling import aliases
from upcast.settings.uses import Place
from upcast.typing import Payload

__all__ = ["VERSION_KEY", "file_payload", "is_versioned", "upcast_table"]

VERSION_KEY = "schema_version"


def is_versioned(source: Any, state: Payload, history: History) -> bool:
    """Whether a source reads files that may be of another version than today's."""
    settings_class = source.settings_cls
    if not isinstance(source, ConfigFileSourceMixin):
        return False
    if history.reads_up_to == 1 and _version_field(settings_class) is not None:
        return False  # the class knows no versions, and has a setting of that name
    return VERSION_KEY in state or (history.unversioned is not None and bool(state))


def file_payload(source: Any, state: Payload, load: Load) -> Payload:
    """What the files of a source say in today's version.

    Args:
        source: The source.
        state: What it says as it is, its files merged.
        load: The load that is going on, which is told of files that cannot be brought to today's version.
    """
    files = files_of(source)
    if len(files) < 2:
        return _named(source, _todays(source, files[0] if files else None, state, load))
    section = section_of(source)
    contents = [source._read_file(file) for file in files]  # noqa: SLF001  # what every such source offers
    # A source does not say whether it merges its files deeply, but what it made of them does.
    join = _shallow if _named(source, _table(_joined(_shallow, contents), section)) == state else merged
    upcast = [
        _with_table(content, section, _todays(source, file, _table(content, section), load))
        for file, content in zip(files, contents, strict=True)
    ]
    return _named(source, _table(_joined(join, upcast), section))


def _todays(source: Any, file: FilePath | None, table: Payload, load: Load) -> Payload:
    """A table of a file in today's version, or an empty one, and the load is told why."""
    upcast = upcast_table(load.history, table)
    if isinstance(upcast, SettingProblem):
        place = Place(label_of(type(source)), VERSION_KEY, str(file or ""))
        load.problems.append(problem_at(upcast.kind, place, upcast.problem, remedy=upcast.remedy))
        return {}
    if _version_field(source.settings_cls) is not None:
        upcast[VERSION_KEY] = load.history.version
    return upcast


def _version_field(settings_class: Any) -> str | None:
    """The setting that is called as the version of a file is, if there is one."""
    fields = settings_class.model_fields
    return next((name for name in fields if VERSION_KEY in (name, *aliases(settings_class, name))), None)


def _named(source: Any, payload: Payload) -> Payload:
    """A payload with the names that the class takes, as every source of files has it."""
    return dict(ps.InitSettingsSource(source.settings_cls, init_kwargs=payload)())


def _shallow(lower: Payload, higher: Payload) -> Payload:
    return lower | higher


def _joined(join: Callable[[Payload, Payload], Payload], contents: list[Payload]) -> Payload:
    return functools.reduce(join, contents, {})


def _table(content: Any, section: Path) -> Payload:
    for part in section:
        content = content.get(part) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else {}


def _with_table(content: Payload, section: Path, table: Payload) -> Payload:
    """The content of a file with another table in the place of its section; one without the section stays so."""
    if not section:
        return table
    if not isinstance(content.get(section[0]), dict):
        return content
    return {**content, section[0]: _with_table(content[section[0]], section[1:], table)}


def upcast_table(history: History, table: Payload) -> Payload | SettingProblem:
    """A table of settings in today's version and without its `schema_version`, or why there is none.

    Args:
        history: The history of the settings class.
        table: The table, which is not changed.
    """
    version = table.get(VERSION_KEY, history.unversioned or history.version)
    payload = copied(table)
    payload.pop(VERSION_KEY, None)
    if not is_version(version):
        return SettingProblem(
            "invalid-version",
            problem="its schema_version is not an integer from 1",
            remedy=f"Write schema_version {history.version}, or the version that the file has.",
        )
    if version > history.reads_up_to:
        return SettingProblem(
            "newer-version",
            problem=f"the file is of version {version}, and this release reads up to {history.reads_up_to}",
            remedy="Deploy the release that knows it, or take the file back with `upcast settings update --downgrade`.",
        )
    chain = Chain(history.operations.get(version, ()), keep_literals=False, stamp={}, record_messages=False)
    try:
        return chain.apply(payload, chain.operations, None)
    except UpcasterFailed as failed:
        return SettingProblem("chain-failed", problem=failed.problem, remedy="Correct the file or the upcaster.")
