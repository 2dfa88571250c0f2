"""Files that carry a `schema_version`: what they say in today's version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from upcast._paths import Path
from upcast.errors import SettingProblem
from upcast.settings._lint._finding import SettingsFinding, finding
from upcast.settings._loading._files import VERSION_KEY, upcast_table
from upcast.settings.history import History
from upcast.typing import Payload

__all__ = ["in_todays_version"]


def in_todays_version(
    history: History, table: Payload, file: str, lines: Mapping[Path, int]
) -> tuple[Payload | None, SettingsFinding | None]:
    """What a file says in today's version, where it can be brought to that; and what there is to say of its version.

    Args:
        history: The history of the settings class.
        table: The settings of the file, which are not changed.
        file: Its path.
        lines: The lines of its keys.
    """
    where: dict[str, Any] = {"key": (VERSION_KEY,), "file": file, "line": lines.get((VERSION_KEY,))}
    payload = upcast_table(history, table)
    if isinstance(payload, SettingProblem):
        return None, finding("file-version-unreadable", history.name, payload.problem, remedy=payload.remedy, **where)
    version = table.get(VERSION_KEY, history.unversioned or history.version)
    if version >= history.version:
        return payload, None
    message = f"the file is of version {version}, and is brought to version {history.version} whenever it is read"
    remedy = "upcast settings update writes today's version."
    return payload, finding("file-version-old", history.name, message, remedy=remedy, **where)
