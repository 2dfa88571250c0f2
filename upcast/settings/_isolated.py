"""A place in which nothing is set but what is given: a clean environment, an empty working folder, no arguments."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upcast.settings._named_paths import named_paths

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

__all__ = ["absolute_files", "configured", "isolated"]

_FILES = ("env_file", "secrets_dir", "toml_file", "yaml_file", "json_file")


@contextlib.contextmanager
def isolated(environ: Mapping[str, str]) -> Iterator[Path]:
    """Let the process be as if it had just been started elsewhere; not for programs with several threads.

    The home folder is the working folder, so that `~` leads to no file of whoever runs this.

    Args:
        environ: The whole environment.

    Yields:
        The working folder, which is empty and will be removed.
    """
    variables, folder, arguments = dict(os.environ), Path.cwd(), sys.argv
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        empty = Path(name).resolve()
        try:
            os.environ.clear()
            os.environ.update({"HOME": str(empty), **environ})
            os.chdir(empty)
            sys.argv = arguments[:1]
            yield empty
        finally:
            sys.argv = arguments
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(variables)


@contextlib.contextmanager
def configured(settings_class: type[BaseSettings], **config: Any) -> Iterator[None]:
    """Let a settings class have another `model_config` for a while, as far as its sources look there.

    Args:
        settings_class: The class.
        config: What is different.
    """
    own: dict[str, Any] = settings_class.model_config  # type: ignore[assignment]  # of which only some keys have types
    before = dict(own)
    try:
        own.update(config)
        yield
    finally:
        own.clear()
        own.update(before)


def absolute_files(settings_class: type[BaseSettings]) -> tuple[str, ...]:
    """The keys of `model_config` that name files of this machine, wherever it works."""
    config: dict[str, Any] = settings_class.model_config  # type: ignore[assignment]  # as above
    return tuple(key for key in _FILES if any(path.is_absolute() for path in named_paths(config.get(key))))
