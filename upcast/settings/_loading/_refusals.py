"""What pydantic refuses, told without values and with the spelling that the user has."""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
import traceback
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core.core_schema import ErrorType
from pydantic_settings import SettingsError

from upcast._paths import Path, dotted
from upcast.errors import SettingProblem, SettingsRefused
from upcast.settings._loading._load import Load, problem_at
from upcast.settings.spelling import Speller
from upcast.settings.uses import LegacyUse

__all__ = ["field_of", "names_section", "problems_of", "unreadable"]

# What pydantic's messages may be filled with: all of it is part of the class, never of an input.
_SAFE = frozenset(
    (
        "ge",
        "gt",
        "le",
        "lt",
        "multiple_of",
        "min_length",
        "max_length",
        "actual_length",
        "expected",
        "pattern",
        "max_digits",
        "decimal_places",
        "whole_digits",
        "class",
        "class_name",
        "field_type",
        "discriminator",
        "expected_tags",
        "expected_schemes",
        "attribute",
        "tz_expected",
    )
)
_OWN_WORDS = {
    "greater_than_equal": "must be ≥ {ge}",
    "greater_than": "must be > {gt}",
    "less_than_equal": "must be ≤ {le}",
    "less_than": "must be < {lt}",
    "multiple_of": "must be a multiple of {multiple_of}",
}


@functools.cache
def _known_kinds() -> frozenset[str]:
    return frozenset(get_args(ErrorType))


def problems_of(error: ValidationError, load: Load) -> list[SettingProblem]:
    """What a settings class refuses.

    Args:
        error: What pydantic raised.
        load: The load in which it did.
    """
    told = load.problems
    found: list[SettingProblem] = []
    for each in error.errors(include_url=False, include_input=False):
        path = tuple(str(part) for part in each["loc"])
        kind = each["type"]
        context = each.get("ctx") or {}
        inner = context.get("error")
        if isinstance(inner, SettingsRefused):  # settings inside settings, which have said it better
            found += inner.problems
            continue
        if kind == "missing" and any(_concerns(problem, path, load) for problem in told):
            continue  # an old key that could have set it is told of already
        found.append(_problem(load, path, kind, context, each["msg"]))
    return found


def _concerns(problem: SettingProblem, path: Path, load: Load) -> bool:
    """Whether a problem is about what is missing at *path*, or inside the model that is."""
    speller = Speller.of_class(load.settings_class)
    fields = (speller.file_path(tuple(field.split("."))) for field in problem.field.split(", ") if field)
    return any(field[: len(path)] == path for field in fields)


def _problem(load: Load, path: Path, kind: str, context: dict[str, Any], message: str) -> SettingProblem:
    speller = Speller.of_class(load.settings_class)
    if kind == "missing":
        names = speller.env_names(path)
        spelling = names[0] if names else speller.in_file(path)
        return SettingProblem(
            kind, dotted(path), spelling, problem="nothing sets it, and it is required", remedy=f"Set {spelling}."
        )
    origin = _origin(load, path)
    place = origin[0] if origin else None
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(path[-1], _names(load), n=1)
        remedy = f"Did you mean {near[0]}?" if near else "Take it away, or declare what became of it."
        text = "there is no such setting"
    else:
        text = _words(kind, context, message)
        remedy = _of_old_key(dotted(path), origin[1]) if origin and origin[1] else ""
    if place is None:
        return SettingProblem(kind, dotted(path), dotted(path), problem=text, remedy=remedy)
    return problem_at(kind, place, text, field=dotted(path), remedy=remedy)


def _of_old_key(field: str, use: LegacyUse) -> str:
    """What an old key has to do with what is refused: its own value may look fine to whoever wrote it."""
    is_made = use.kind in {"converted", "split", "merged", "reshaped"}
    return f"It is made into {field}, to which this applies." if is_made else f"It sets {field}."


def _origin(load: Load, path: Path) -> Any:
    # The last parts may be places inside a value: an item of a list, the tag of a union.
    for depth in range(len(path), 0, -1):
        found = load.origin(path[:depth])
        if found is not None:
            return found
    return None


def _names(load: Load) -> list[str]:
    speller = Speller.of_class(load.settings_class)
    return [speller.in_file((name,)) for name in load.settings_class.model_fields]


def _words(kind: str, context: dict[str, Any], message: str) -> str:
    if kind in _OWN_WORDS:
        return _OWN_WORDS[kind].format(**context)
    if kind in _known_kinds() and set(context) <= _SAFE:
        return message if message[1:2].isupper() else message[:1].lower() + message[1:]
    return "the class refuses it"


_FIELD = re.compile(r'error (?:getting|parsing) value for field "([^"]+)" from source "[^"]+"')


def field_of(error: Exception) -> str:
    """The field that pydantic-settings could not read a value for; empty where it names none."""
    found = _FIELD.match(str(error)) if isinstance(error, SettingsError) else None
    return found[1] if found else ""


def names_section(error: Exception) -> bool:
    """Whether a source of files says that the section that it is to read is not there, or is none."""
    said = str(error.args[0]) if isinstance(error, KeyError | TypeError) and error.args else ""
    return said.startswith(("toml_table_header ", "yaml_config_section "))


def unreadable(error: Exception) -> SettingProblem:
    """Why a source could not be read, without a piece of it.

    Args:
        error: What reading it raised; it may repeat what it read.
    """
    field = field_of(error)
    if field:
        return SettingProblem(
            "unreadable-source",
            field,
            field,
            problem="its value is no JSON text, which a setting of its type must be there",
            remedy="Write lists and objects as JSON.",
        )
    if names_section(error):
        return SettingProblem(
            "unreadable-source",
            problem=str(error.args[0]),
            remedy="Write the section, or correct its name in model_config.",
        )
    if isinstance(error, SettingsError) and str(error).startswith("error parsing CLI"):
        return SettingProblem(
            "unreadable-source",
            "",
            "the arguments",
            "command line",
            problem="they cannot be parsed",
            remedy="See which there are with --help.",
        )
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    # Every reader of files of pydantic-settings calls the file so; the error itself does not name it.
    file = next((str(frame.f_locals["file_path"]) for frame in reversed(frames) if "file_path" in frame.f_locals), "")
    mark = getattr(error, "problem_mark", None)
    line = getattr(error, "lineno", None) or (mark.line + 1 if mark is not None else None)
    if line is None and isinstance(error, tomllib.TOMLDecodeError):
        found = re.search(r"\(at line (\d+), column \d+\)$", str(error))
        line = int(found[1]) if found else None
    return SettingProblem(
        "unreadable-source",
        "",
        file or "a source",
        "",
        file,
        line,
        problem=f"it cannot be read ({type(error).__name__})",
        remedy="Correct the file.",
    )
