"""Finds the registry, codec or settings class that an import string names."""

from __future__ import annotations

import contextlib
import importlib
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from upcast._codec import Codec
from upcast._formats import Flat, Format, JsonEnvelope, StreamEntry
from upcast._registry import Registry
from upcast.cli._problem import CannotRun
from upcast.errors import RegistryDefects, RegistryError

__all__ = ["CannotRun", "import_target", "load_codec", "load_registry", "load_stream_codec"]

WireT = TypeVar("WireT")

FORMATS: dict[str, Format[bytes]] = {"json": JsonEnvelope(), "flat": Flat()}


def load_codec(target: str, envelope: str | None) -> Codec[bytes]:
    """Load the codec that *target* names, or make one of the registry that it names.

    Args:
        target: `module:attribute`, where the attribute may be dotted. The module is imported as `python -m` would:
            the working folder comes first. Nothing else is executed; a function is not called.
        envelope: `json`, `flat`, or None for `json`, or what the codec was made for.

    Raises:
        CannotRun: It cannot be imported, or is neither a registry nor a codec, or the registry has defects.
    """
    found = _find(target)
    if isinstance(found, Codec):
        own = found.envelope
        if isinstance(own, JsonEnvelope | Flat) and envelope in (None, _name_of(own)):
            return found
    return _codec(found, target, FORMATS[envelope or "json"], f"for --envelope {envelope}")


def load_stream_codec(target: str) -> Codec[Mapping[bytes, bytes]]:
    """Load the codec that *target* names, or make one of the registry that it names, and have it read stream entries.

    Args:
        target: See `load_codec`.

    Raises:
        CannotRun: See `load_codec`.
    """
    return _codec(_find(target), target, StreamEntry(), "for a stream")


def load_registry(target: str) -> Registry:
    """Load the registry that *target* names, or the one of the settings class; it need not be free of defects.

    Args:
        target: See `load_codec`.

    Raises:
        CannotRun: It cannot be imported, or is neither.
    """
    found = import_target(target)
    registry = _of_settings(found)
    if registry is not None:
        return registry
    known = _known(found, target)
    if isinstance(known, Registry):
        return known
    raise CannotRun(f"{target} is a Codec, which has forgotten what was declared: name the registry instead")


def _of_settings(found: object) -> Registry | None:
    """The registry of a settings class; None for anything else."""
    # Whoever made such a class has imported pydantic-settings; others need not have it.
    if not isinstance(found, type) or sys.modules.get("pydantic_settings") is None:
        return None
    from pydantic_settings import BaseSettings

    if not issubclass(found, BaseSettings):
        return None
    from upcast.settings.gate import registry_of

    return registry_of(found)


def _find(target: str) -> Registry | Codec[Any]:
    return _known(import_target(target), target)


def _known(found: object, target: str) -> Registry | Codec[Any]:
    if isinstance(found, Registry | Codec):
        return found
    raise CannotRun(f"{target} is of type {type(found).__name__}, neither a Registry nor a Codec")


def _codec(found: Registry | Codec[Any], target: str, form: Format[WireT], purpose: str) -> Codec[WireT]:
    """A codec for *form*, whatever envelope the one that was found was made for."""
    try:
        return found.codec(envelope=form) if isinstance(found, Registry) else found.with_envelope(form)
    except RegistryDefects as defects:
        problem = f"{target}: {defects}"
    except RegistryError:
        assert isinstance(found, Codec)
        problem = f"{target} is a codec for {found.envelope!r}: {purpose} name the registry instead"
    raise CannotRun(problem)


def _name_of(form: JsonEnvelope | Flat) -> str:
    return "flat" if isinstance(form, Flat) else "json"


def import_target(target: str) -> object:
    """What an import string names.

    Args:
        target: See `load_codec`.

    Raises:
        CannotRun: It cannot be imported.
    """
    module_name, _, attribute = target.partition(":")
    if not (attribute and all(part.isidentifier() for name in (module_name, attribute) for part in name.split("."))):
        raise CannotRun(f"{target!r} is no import string: write module:attribute, such as shop.events:events")
    folder = str(Path.cwd())
    if not sys.flags.safe_path and folder not in sys.path[:1]:
        sys.path.insert(0, folder)
    try:
        # What the module prints must not mix with what the command prints.
        with contextlib.redirect_stdout(sys.stderr):
            found: object = importlib.import_module(module_name)
    except RegistryDefects as defects:
        raise CannotRun(f"{module_name}: {defects}") from None
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise _broken(module_name, error) from None
        raise CannotRun(f"there is no module {error.name!r} in {folder} nor elsewhere on the path") from None
    except (Exception, SystemExit) as error:
        raise _broken(module_name, error) from None
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise CannotRun(f"{target}: {_called(found)} has no attribute {part!r}") from None
    return found


def _called(found: object) -> str:
    name = getattr(found, "__name__", None)
    return f"{type(found).__name__} {name!r}" if name else f"the {type(found).__name__}"


def _broken(module_name: str, error: BaseException) -> CannotRun:
    """The traceback of a module that cannot be imported, from its own first line on."""
    trace = traceback.TracebackException.from_exception(error)
    machinery = ("<frozen importlib", importlib.__file__, __file__)
    trace.stack = traceback.StackSummary.from_list(
        [frame for frame in trace.stack if not frame.filename.startswith(machinery)]
    )
    return CannotRun(f"importing {module_name!r} failed\n{''.join(trace.format(chain=False)).rstrip()}")
