"""Files that carry a `schema_version`: each is brought to today's version before the files of a source merge."""

from __future__ import annotations

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
from upcast.settings.uses import Place
from upcast.typing import Payload

__all__ = ["VERSION_KEY", "file_payload", "is_versioned", "upcast_table"]

VERSION_KEY = "schema_version"


def is_versioned(source: Any, state: Payload, history: History) -> bool:
    """Whether a source reads files that may be of another version than today's."""
    if not isinstance(source, ConfigFileSourceMixin):
        return False
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
        tables = [(files[0] if files else FilePath(), state)]
    else:
        tables = [(file, _table(source._read_file(file), section_of(source))) for file in files]  # noqa: SLF001  # what every such source offers
    payload: Payload = {}
    shallow = len(files) < 2 or _shallow([table for _, table in tables]) == state
    for file, table in tables:
        upcast = upcast_table(load.history, table)
        if isinstance(upcast, SettingProblem):
            place = Place(label_of(type(source)), VERSION_KEY, str(file) if files else "")
            load.problems.append(problem_at(upcast.kind, place, upcast.problem, remedy=upcast.remedy))
            continue
        if VERSION_KEY in source.settings_cls.model_fields:
            upcast[VERSION_KEY] = load.history.version
        payload = payload | upcast if shallow else merged(payload, upcast)
    return dict(ps.InitSettingsSource(source.settings_cls, init_kwargs=payload)())


def _shallow(tables: list[Payload]) -> Payload:
    together: Payload = {}
    for table in tables:
        together |= table
    return together


def _table(content: Any, section: Path) -> Payload:
    for part in section:
        content = content.get(part) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else {}


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
