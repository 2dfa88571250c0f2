"""Lint: what files, the environment and manifests say in ways that go, that nobody declared, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import attrs

from upcast.settings._extra import BaseSettings
from upcast.settings._lint._containers import Judge
from upcast.settings._lint._finding import RULES, SettingsFinding, Severity
from upcast.settings._lint._lifecycle import lifecycle, releases_of
from upcast.settings._lint._reading import Reading
from upcast.settings._lint._sources import Source, Tree
from upcast.settings._lint._text import Text, UnreadableFile, text_of
from upcast.settings._lint._unknown import unknown_keys
from upcast.settings._lint._uses import Scope
from upcast.settings._loading._load import Load
from upcast.settings._named_paths import named_paths
from upcast.settings.history import ATTRIBUTE, History
from upcast.settings.manifests import read_manifests
from upcast.settings.spelling import Speller

__all__ = [
    "RULES",
    "OwnSources",
    "SettingsFinding",
    "Severity",
    "Text",
    "UnreadableFile",
    "lint",
    "own_sources",
    "text_of",
]


def lint(
    settings_class: type[BaseSettings],
    *,
    files: Iterable[str | Path] = (),
    env_files: Iterable[str | Path] = (),
    environ: Mapping[str, str] | None = None,
    secrets_dirs: Iterable[str | Path] = (),
    manifests: Iterable[str | Path | Text] = (),
    containers: Collection[str] = (),
    releases: Sequence[str] | None = None,
    min_releases: int = 2,
) -> tuple[SettingsFinding, ...]:
    """Say what is wrong, or will be, with what sets the settings of a class. Nothing of it is ever loaded.

    Files, `.env` files, the environment and secrets directories are taken for the sources of one process. Each
    container of a manifest is a process of its own: it reads its environment, and the TOML, YAML and JSON files, which
    its image has.

    Args:
        settings_class: The settings class; one without a history has no legacy keys.
        files: TOML, YAML, JSON and `.env` files, by their names.
        env_files: `.env` files of any name.
        environ: The environment, such as `os.environ`.
        secrets_dirs: Directories with a file for each secret.
        manifests: Manifests of Kubernetes and of compose: files, folders of them, or texts.
        containers: The names of the containers and services that run the program; by default those that have one of
            its variables.
        releases: The releases that were made; None where lifecycles are not looked at.
        min_releases: How many releases must take what goes.

    Returns:
        What was found, by file and line.

    Raises:
        ValueError: One of *releases* is none.
    """
    history: History = getattr(settings_class, ATTRIBUTE, None) or History(
        name=f"{settings_class.__module__}:{settings_class.__qualname__}"
    )
    speller = Speller.of_class(settings_class)
    reading = Reading(settings_class, history, speller)
    read: list[Source | None] = [
        None if environ is None else reading.environment(environ),
        *(reading.env_file(Path(file)) for file in env_files),
        *(reading.secrets(Path(folder)) for folder in secrets_dirs),
        *(reading.file(Path(file)) for file in files),
    ]
    sources = tuple(each for each in read if each is not None)
    load = Load(settings_class, history)
    scope = Scope(history, load, sources)
    found = [*scope.findings(), *scope.unset()]
    for source in sources:
        found += unknown_keys(history, source)
    given = [each if isinstance(each, Text) else Path(each) for each in manifests]
    if given:
        said = read_manifests(given)
        for problem in said.problems:
            reading.unreadable(problem.file, problem.problem, problem.line)
        image = tuple(each for each in sources if isinstance(each, Tree))
        found += Judge(settings_class, history, speller, load, image, frozenset(containers)).findings(said)
    if releases is not None:
        found += lifecycle(history, releases_of(releases), min_releases)
    # What several containers take is told once.
    unique = {_order(each): each for each in (*reading.findings, *found)}
    return tuple(unique[place] for place in sorted(unique))


def _order(finding: SettingsFinding) -> tuple[str | int, ...]:
    return (finding.file, finding.line or 0, finding.rule, finding.key, finding.message)


@attrs.frozen
class OwnSources:
    """What a settings class names in its configuration, as far as it is there.

    Attributes:
        files: TOML, YAML and JSON files.
        env_files: `.env` files.
        secrets_dirs: Secrets directories.
    """

    files: tuple[Path, ...]
    env_files: tuple[Path, ...]
    secrets_dirs: tuple[Path, ...]


def own_sources(settings_class: type[BaseSettings]) -> OwnSources:
    """The files and directories that a start of *settings_class* would read here."""

    def there(*names: str) -> tuple[Path, ...]:
        return tuple(
            path for name in names for path in named_paths(settings_class.model_config.get(name)) if path.exists()
        )

    return OwnSources(there("toml_file", "yaml_file", "json_file"), there("env_file"), there("secrets_dir"))
