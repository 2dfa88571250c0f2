"""How the keys of a settings class are written in each kind of source."""

from __future__ import annotations

import functools
from enum import Enum
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

import attrs

from upcast._paths import Path, dotted
from upcast.settings.legacy import Legacy

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_settings import BaseSettings

__all__ = ["Speller", "aliases", "annotation_at", "model_in"]


def model_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model that a field holds, if it is one or optionally one; and whether other names may stand below the field.

    Args:
        annotation: The annotation of the field.
    """
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, annotation.model_config.get("extra") == "allow"
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) in (Union, UnionType) and len(parts) == 1:
        return model_in(parts[0])
    if get_origin(annotation) is Annotated:
        return model_in(parts[0])
    # What it holds is not known: a map, a union, a dataclass, or anything at all.
    scalar = isinstance(annotation, type) and issubclass(annotation, str | bytes | int | float | bool | Enum)
    return None, not scalar


@functools.lru_cache(maxsize=4096)
def aliases(settings_class: Any, name: str) -> tuple[str, ...]:
    """The names by which a class takes a field: its aliases, and its own name where the class takes that.

    Args:
        settings_class: A pydantic class.
        name: The name of the field.
    """
    from pydantic import AliasPath

    config = settings_class.model_config
    choices = _choices(settings_class, name)
    by_alias = config.get("validate_by_alias") is not False
    by_name = bool(config.get("validate_by_name") or config.get("populate_by_name")) or not by_alias
    if not choices or not by_alias:
        return (name,)
    found = [str(choice.path[0]) if isinstance(choice, AliasPath) else choice for choice in choices]
    return (*found, *([name] if by_name and name not in found else []))


@functools.lru_cache(maxsize=4096)
def _place(settings_class: Any, name: str) -> Path:
    """Where a class takes a field: under its first name, or, where all it has is a path, there."""
    first, *_ = aliases(settings_class, name)
    choices = _choices(settings_class, name)
    plain = [choice for choice in choices if isinstance(choice, str)]
    if first == name or not choices or choices[0] in plain:
        return (first,)
    parts = choices[0].path
    return (plain[0],) if plain else tuple(parts) if all(isinstance(part, str) for part in parts) else (first,)


def _choices(settings_class: Any, name: str) -> list[Any]:
    from pydantic import AliasChoices

    field = settings_class.model_fields[name]
    alias = field.validation_alias if field.validation_alias is not None else field.alias
    return list(alias.choices) if isinstance(alias, AliasChoices) else [] if alias is None else [alias]


def annotation_at(settings_class: Any, key: Path) -> Any:
    """The annotation of a field, also of one inside another model; None where the class does not say.

    Args:
        settings_class: The settings class.
        key: The field as a path, by its name or an alias.
    """
    model: Any = settings_class
    annotation: Any = None
    for part in key:
        if model is None:
            return None
        name = next((each for each in model.model_fields if part in (each, *aliases(model, each))), None)
        if name is None:
            return None
        annotation = model.model_fields[name].annotation
        model, _ = model_in(annotation)
    return annotation


@attrs.frozen(kw_only=True)
class Speller:
    """The rules by which keys become names.

    Attributes:
        settings_class: The settings class.
        prefix: What stands before every name in the environment.
        prefix_target: Whether that is so for fields (`variable`), aliases (`alias`) or both (`all`).
        delimiter: What stands between the parts of a nested key in the environment; None where those have no names.
        case_sensitive: Whether names in the environment must have the case of the key.
        flag_prefix: What begins a flag of the command line.
        kebab: Whether flags have dashes for underscores.
    """

    settings_class: type[BaseSettings]
    prefix: str = ""
    prefix_target: str = "variable"
    delimiter: str | None = None
    case_sensitive: bool = False
    flag_prefix: str = "--"
    kebab: bool = False

    @classmethod
    def of_class(cls, settings_class: type[BaseSettings]) -> Speller:
        """The rules that a settings class declares."""
        return _speller(settings_class, None, None, None, None)

    @classmethod
    def of_source(cls, source: Any) -> Speller:
        """The rules of a source, which may be others than those of its class."""
        return _speller(
            source.settings_cls,
            getattr(source, "env_prefix", None),
            getattr(source, "env_prefix_target", None),
            getattr(source, "env_nested_delimiter", None),
            getattr(source, "case_sensitive", None),
        )

    def env_names(self, path: Path, legacy: Legacy | None = None) -> tuple[str, ...]:
        """The names of a key in the environment, the first one being that which is told.

        Upper case where the case does not matter: compare through `folded`. A nested key has none where there is no
        delimiter: it then stands inside the JSON text of its parent.

        Args:
            path: A key: of today's class, or an old one.
            legacy: The declaration that an old key belongs to.
        """
        if legacy is not None and path in legacy.env:
            found = legacy.env[path]
        elif len(path) > 1 and self.delimiter is None:
            found = ()
        else:
            found = tuple((self.delimiter or "").join((head, *path[1:])) for head in self._heads(path[0]))
        return found if self.case_sensitive else tuple(name.upper() for name in found)

    def _heads(self, name: str) -> tuple[str, ...]:
        if name not in self.settings_class.model_fields:
            return ((self.prefix if self.prefix_target in {"variable", "all"} else "") + name,)
        return tuple(
            (self.prefix if self.prefix_target in ({"variable", "all"} if head == name else {"alias", "all"}) else "")
            + head
            for head in aliases(self.settings_class, name)
        )

    def folded(self, name: str) -> str:
        """A name as it is compared: without its case, where that does not matter."""
        return name if self.case_sensitive else name.lower()

    @property
    def has_switches(self) -> bool:
        """Whether the flags of truth values take no value."""
        return bool(self.settings_class.model_config.get("cli_implicit_flags"))

    def flag(self, path: Path, before: str = "") -> str:
        """The flag of a key on the command line, the first one where it has several.

        Args:
            path: The key.
            before: What stands before its name, such as the `no-` of a switch.
        """
        return self.flags(path)[0] if not before else self._flag(before + ".".join(self.file_path(path)))

    def flags(self, path: Path) -> tuple[str, ...]:
        """The flags of a key on the command line, one for each name that the class takes."""
        heads: tuple[str, ...] = (path[0],)
        if path[0] in self.settings_class.model_fields:
            heads = aliases(self.settings_class, path[0])
        return tuple(self._flag(".".join((head, *path[1:]))) for head in heads)

    def _flag(self, name: str) -> str:
        prefix = self.flag_prefix[:1] if len(name) == len(self.flag_prefix) - 1 == 1 else self.flag_prefix
        return prefix + (name.replace("_", "-") if self.kebab else name)

    def in_file(self, path: Path) -> str:
        """A key as it is told of files and arguments: its dotted path, under the name that the class takes."""
        return dotted(self.file_path(path))

    def file_path(self, path: Path) -> Path:
        """A key as files and arguments have it."""
        if path[0] in self.settings_class.model_fields:
            return (*_place(self.settings_class, path[0]), *path[1:])
        return path

    def has_alias_path(self, name: str) -> bool:
        """Whether the class takes a field from inside of something else."""
        return any(not isinstance(choice, str) for choice in _choices(self.settings_class, name))


@functools.lru_cache(maxsize=256)
def _speller(
    settings_class: Any, prefix: str | None, target: str | None, delimiter: str | None, case_sensitive: bool | None
) -> Speller:
    """The rules of a settings class, those replaced that are given."""
    config = settings_class.model_config
    flag = str(config.get("cli_flag_prefix_char") or "-")
    cli_prefix = str(config.get("cli_prefix") or "").rstrip(".")
    return Speller(
        settings_class=settings_class,
        prefix=(config.get("env_prefix") or "") if prefix is None else prefix,
        prefix_target=target or config.get("env_prefix_target") or "variable",
        delimiter=delimiter or config.get("env_nested_delimiter") or None,
        case_sensitive=bool(config.get("case_sensitive") if case_sensitive is None else case_sensitive),
        flag_prefix=flag * 2 + (f"{cli_prefix}." if cli_prefix else ""),
        kebab=bool(config.get("cli_kebab_case")),
    )
