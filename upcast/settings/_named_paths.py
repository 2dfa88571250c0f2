"""Paths as options of pydantic-settings name them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

__all__ = ["named_paths"]


def named_paths(given: object) -> list[Path]:
    """The paths that an option names: none, one or several, `~` made whole.

    Resources inside packages, which sources of files take too, have no place to point at and are left out.

    Args:
        given: The value of the option, such as `env_file` or `secrets_dir`.
    """
    several = given if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    return [Path(each).expanduser() for each in several if isinstance(each, str | os.PathLike)]
