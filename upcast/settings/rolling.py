"""Whether a rolling deployment keeps running: stored settings of the releases around today's, loaded with its class.

While a release rolls out, new instances meet the settings of the release before, and after a rollback, or where files
are rolled out first, old instances meet those of the next one. Neither may keep an instance from starting.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from upcast._chain import place_of
from upcast._releases import Release, parse_release
from upcast.errors import SettingProblem, UpcastError
from upcast.settings._isolated import configured, isolated
from upcast.settings._loading._kinds import files_of
from upcast.settings._loading._looking import look
from upcast.settings.documents import UnreadableDocument, kind_of, read_file
from upcast.settings.history import history_of
from upcast.settings.uses import LegacyUse

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

__all__ = ["CannotRoll", "Era", "RolledFile", "Rolling", "rolling"]

Era: TypeAlias = Literal["before", "same", "after", ""]
"""Where a release stands to the one that runs; empty where that is not known."""

_ENVIRONMENT = ".environment"
"""How a file ends that holds what the environment of a process had, written as in `.env`."""
_CONFIG = {"toml": "toml_file", "yaml": "yaml_file", "json": "json_file"}
"""What of `model_config` names a file of each kind."""
_PYPROJECT = "pyproject.toml"


class CannotRoll(UpcastError, ValueError):
    """There are no stored settings to load, so nothing can be told."""

    reason = "cannot-roll"


@attrs.frozen(kw_only=True)
class RolledFile:
    """One stored file, as today's class took it.

    Attributes:
        release: The release that it is of, as its folder is called.
        era: Where that stands to the release that runs.
        file: The path of the file.
        uses: What in it goes, or went, with a release.
        problems: Why an instance would not start with it; empty where it would.
    """

    release: str
    era: Era
    file: str
    uses: tuple[LegacyUse, ...]
    problems: tuple[SettingProblem, ...]

    @property
    def ok(self) -> bool:
        """Whether an instance would start with it."""
        return not self.problems


@attrs.frozen(kw_only=True)
class Rolling:
    """What became of all stored files.

    Attributes:
        settings: The settings class, as module:name.
        release: The release that runs; empty where it is not known.
        files: What became of each.
        notes: What was not looked at, though it should be.
    """

    settings: str
    release: str
    files: tuple[RolledFile, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether an instance would start with every one."""
        return all(file.ok for file in self.files)


def rolling(
    settings_class: type[BaseSettings],
    folder: Path | str,
    *,
    releases: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> Rolling:
    """Load every stored file of the releases around today's, each on its own, with today's class.

    A file `FOLDER/RELEASE/NAME` is read as its name says: `*.env` as `.env` file, `*.toml`, `*.yaml`, `*.yml` and
    `*.json` by the source of the class that reads such files, and `*.environment`, written as a `.env` file, as the
    environment of the process. Nothing else of this machine is read but what the class names by an absolute path.

    Args:
        settings_class: A settings class with a history.
        folder: The folder of the stored files.
        releases: The releases to look at; by default the one that runs and those next to it on either side, or all
            where `versioned` was not told which one runs.
        environ: What every instance has besides, such as secrets that are not stored.

    Raises:
        CannotRoll: There are no such files, or a folder is not called like a release.
        TypeError: The class has no history.
    """
    history, base = history_of(settings_class), Path(folder).resolve()
    chosen, notes = _chosen(base, history.release, releases)
    found = []
    for name in chosen:
        era = _era(name, history.release)
        for file in sorted((base / name).iterdir()):
            known = file.name == _PYPROJECT or file.name.endswith(_ENVIRONMENT) or kind_of(file) is not None
            if known and file.is_file():
                found.append(_rolled(settings_class, file, name, era, dict(environ or {})))
            else:
                notes.append(f"{file} was not loaded: it is no file whose name tells what it holds")
        if not any(each.release == name for each in found):
            raise CannotRoll(
                f"{base / name} holds no settings: store some as .env, .environment, .toml, .yaml or .json"
            )
    return Rolling(settings=history.name, release=str(history.release or ""), files=tuple(found), notes=tuple(notes))


# --- which releases -------------------------------------------------------------------------------------------------


def _chosen(base: Path, running: Release | None, asked: Sequence[str]) -> tuple[list[str], list[str]]:
    """The names of the folders to look at, in order, and what is missing around the release that runs."""
    there = {path.name: parse_release(path.name) for path in base.iterdir() if path.is_dir()} if base.is_dir() else {}
    known = {name: release for name, release in there.items() if release is not None}
    if unknown := sorted(there.keys() - known.keys()):
        raise CannotRoll(f"{base / unknown[0]} is not called like a release: call it as 2.1.0")
    if not known:
        raise CannotRoll(f"{base} holds no settings of any release: store them as RELEASE/NAME.env and the like")
    ordered = sorted(known, key=lambda name: known[name])
    if asked:
        wanted = {each: parse_release(each) for each in asked}
        if missing := [each for each, release in wanted.items() if release not in known.values()]:
            raise CannotRoll(f"{base} has nothing of release {missing[0]}")
        return [name for name in ordered if known[name] in wanted.values()], []
    if running is None:
        return ordered, []
    before = [name for name in ordered if known[name] < running][-1:]
    same = [name for name in ordered if known[name] == running]
    after = [name for name in ordered if known[name] > running][:1]
    notes = [] if before else [f"{base} has nothing of a release before {running}: nothing tells whether it can follow"]
    return [*before, *same, *after], notes


def _era(name: str, running: Release | None) -> Era:
    release = parse_release(name)
    if release is None or running is None:
        return ""
    return "same" if release == running else "before" if release < running else "after"


# --- one file -------------------------------------------------------------------------------------------------------


def _rolled(
    settings_class: type[BaseSettings], file: Path, release: str, era: Era, environ: Mapping[str, str]
) -> RolledFile:
    found: list[SettingProblem] = []
    uses: list[LegacyUse] = []
    try:
        prepared = _Prepared.of(file, environ)
        with isolated(prepared.environ) as folder, configured(settings_class, **prepared.config):
            read = prepared.put(folder)
            with warnings.catch_warnings():  # of sources that the class does not have
                warnings.simplefilter("ignore")
                load = look(settings_class, prepared.init)
            is_read = read is None or any(path.samefile(read) for source, _ in load.states for path in files_of(source))
        uses = load.uses
        found = [_told(problem, release, era) for problem in load.problems]
        if not is_read and not any(problem.kind == "unreadable-source" for problem in found):
            found = [_unread(settings_class, file)]
    except UnreadableDocument as error:
        found = [SettingProblem("unreadable-source", file=str(file), line=error.line, problem=error.problem)]
    except Exception as error:  # what code of the class raises keeps an instance from starting too
        raised = f"{settings_class.__qualname__} raised {place_of(error)}"
        found = [SettingProblem("raised", file=str(file), problem=raised)]
    return RolledFile(release=release, era=era, file=str(file), uses=tuple(uses), problems=tuple(found))


@attrs.frozen
class _Prepared:
    """How one file is given to a settings class, and nothing else.

    Attributes:
        file: The file.
        environ: The environment.
        config: What of `model_config` is different.
        init: What the class is made with.
    """

    file: Path
    environ: Mapping[str, str]
    config: Mapping[str, Any]
    init: dict[str, Any]

    @classmethod
    def of(cls, file: Path, environ: Mapping[str, str]) -> _Prepared:
        config: dict[str, Any] = dict.fromkeys(("secrets_dir", *_CONFIG.values()))
        kind = kind_of(file)
        if file.name.endswith(_ENVIRONMENT):
            variables = read_file(file, kind="dotenv")[0].data
            environ = {**environ, **{name: text for name, text in variables.items() if text is not None}}
        elif kind in _CONFIG and file.name != _PYPROJECT:
            config[_CONFIG[kind]] = file
        return cls(file, environ, config, {"_env_file": file if kind == "dotenv" else None})

    def put(self, folder: Path) -> Path | None:
        """Put the file where the class looks for it, and return where that is; None for an environment."""
        if self.file.name.endswith(_ENVIRONMENT):
            return None
        if self.file.name != _PYPROJECT:
            return self.file
        return Path(shutil.copyfile(self.file, folder / _PYPROJECT))


def _unread(settings_class: type[BaseSettings], file: Path) -> SettingProblem:
    return SettingProblem(
        "unreadable-source",
        file=str(file),
        problem=f"{settings_class.__qualname__} has no source that reads such a file, so it tells nothing",
        remedy="Add the source in settings_customise_sources, with the file that model_config names; or take it away.",
    )


def _told(problem: SettingProblem, release: str, era: Era) -> SettingProblem:
    """A problem with what it means for a deployment."""
    if era == "after" and problem.kind == "extra_forbidden":
        return attrs.evolve(
            problem,
            problem=f"release {release} sets it, and this one forbids in files what it does not know",
            remedy=f"Deploy the program of {release} everywhere before its settings; or let this class ignore what it "
            "does not know (extra='ignore') a release earlier.",
        )
    if era == "before" and problem.kind == "missing":
        return attrs.evolve(
            problem,
            problem=f"it is required, and release {release} does not set it",
            remedy=f"Give it a default, or declare what becomes of an old key, until nothing of {release} runs; or set "
            f"{problem.spelling} before this release is deployed.",
        )
    return problem
