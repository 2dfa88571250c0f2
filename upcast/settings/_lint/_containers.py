"""The containers of manifests: each is judged as the process that it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath, PurePosixPath
from typing import Any

import attrs
from pydantic_settings import BaseSettings

from upcast.settings._lint._finding import SettingsFinding, finding
from upcast.settings._lint._required import missing_settings
from upcast.settings._lint._sources import Names, Source
from upcast.settings._lint._unknown import is_of_class, unknown_keys
from upcast.settings._lint._uses import Scope
from upcast.settings._loading._load import Load
from upcast.settings._manifests._records import Container, Manifests
from upcast.settings.history import History
from upcast.settings.spelling import Speller

__all__ = ["Judge"]


@attrs.frozen
class Judge:
    """Judges the containers of manifests.

    Attributes:
        settings_class: The settings class.
        history: Its history.
        speller: Its rules for names.
        load: What knows whether two values of a setting mean the same.
        baked: The files of the image.
        names: The names of the containers that run the program; empty where their variables tell.
    """

    settings_class: type[BaseSettings]
    history: History
    speller: Speller
    load: Load
    baked: tuple[Source, ...]
    names: frozenset[str]

    def findings(self, manifests: Manifests) -> Iterator[SettingsFinding]:
        """What there is to say of manifests."""
        judged = []
        for container in manifests.containers:
            names = Names.of(container.label, self.speller, container.variables)
            if container.name in self.names if self.names else is_of_class(self.history, names):
                judged.append(container.name)
                yield from self._container(container, names)
        for bundle in manifests.bundles:
            names = Names.of(bundle.label, self.speller, bundle.variables)
            if is_of_class(self.history, names):
                judged.append("")
                yield from Scope(self.history, self.load, (names,)).findings()
                yield from unknown_keys(self.history, names)
        lost = sorted(self.names - set(judged))
        if lost or not (judged or manifests.problems):
            yield self._not_found(lost)

    def _not_found(self, lost: list[str]) -> SettingsFinding:
        if lost:
            message = f"no container or service of the manifests is called {' or '.join(lost)}"
        else:
            message = "no container of the manifests has a variable of the class, so none was looked at"
        remedy = "Say which containers run the program: --container NAME."
        return finding("container-not-found", self.history.name, message, remedy=remedy, about=" ".join(lost))

    def _container(self, container: Container, names: Names) -> Iterator[SettingsFinding]:
        sources = (names, *self.baked)
        scope = Scope(self.history, self.load, sources, container.label)
        yield from scope.findings()
        yield from scope.unset()
        yield from unknown_keys(self.history, names)
        for reference in container.missing:
            yield finding(
                "manifest-unresolved",
                self.history.name,
                f"{container.label} gets variables from {reference.what}, which was not given and not looked at",
                remedy="Give it too; what its values are does not matter.",
                file=reference.file,
                line=reference.line,
                about=f"{container.label} {reference.what}",
            )
        unseen = self._unseen(container)
        for path in missing_settings(self.settings_class, self.history, sources):
            told = names.told(path)
            perhaps = f", unless {' or '.join(unseen)} does" if unseen else ""
            yield finding(
                "required-setting-missing",
                self.history.name,
                f"nothing sets {told} for {container.label}, and it is required{perhaps}",
                key=path,
                remedy=f"Set {told} there before the release that requires it.",
                file=container.file,
                line=container.line,
                about=container.label,
                severity="warning" if unseen else None,
            )

    def _unseen(self, container: Container) -> list[str]:
        """What may set settings of a container and was not looked at."""
        config: Mapping[str, Any] = self.settings_class.model_config
        unseen = [reference.what for reference in container.missing]
        given = config.get("secrets_dir")
        folders = [given] if isinstance(given, str | PurePath) else list(given or ())
        unseen += [
            f"what is mounted at {mount}"
            for mount in container.mounts
            if mount and any(_meet(PurePosixPath(folder), PurePosixPath(mount)) for folder in folders)
        ]
        files = [str(config[name]) for name in ("toml_file", "yaml_file", "json_file") if config.get(name)]
        if files and not self.baked:
            unseen.append("a file of its image")
        if config.get("cli_parse_args"):
            unseen.append("its command line")
        return unseen


def _meet(one: PurePosixPath, other: PurePosixPath) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)
