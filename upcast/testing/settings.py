"""Settings classes in tests: loaded with nothing but what a test gives them, and held against stored files."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from upcast.errors import SettingProblem, SettingsRefused

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

    from upcast.settings.rolling import Rolling
    from upcast.settings.uses import LegacyUse

__all__ = ["SettingsRun", "assert_rolling", "run_settings"]

SettingsT = TypeVar("SettingsT", bound="BaseSettings")


@attrs.frozen(kw_only=True)
class SettingsRun(Generic[SettingsT]):
    """How a settings class was loaded; true where it was.

    Attributes:
        settings: The settings; None where they were refused.
        uses: What of them goes, or went, with a release.
        problems: Why they were refused; empty where they were not.
        warnings: The texts of all warnings that were raised meanwhile.
    """

    settings: SettingsT | None = attrs.field(repr=False)
    uses: tuple[LegacyUse, ...]
    problems: tuple[SettingProblem, ...]
    warnings: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.settings is not None


def run_settings(
    settings_class: type[SettingsT],
    /,
    *,
    env_file: Path | str | None = None,
    environ: Mapping[str, str] | None = None,
    files: Mapping[str, Path | str | bytes] | None = None,
    promote: bool = False,
    **init: Any,
) -> SettingsRun[SettingsT]:
    """Load a settings class as a start would, in an empty working folder and with nothing else in the environment.

    What the class names by an absolute path is not read; by a relative one it is read if it is among *files*.

    Args:
        settings_class: A settings class with a history.
        env_file: The `.env` file: the path of a stored one, or the text of one.
        environ: The environment.
        files: Files by their paths in the working folder: paths of stored ones, or what they hold.
        promote: Whether warnings of old spellings are errors, as with `-W error::upcast.settings.LegacyKeyWarning`.
        init: What the class is made with.

    Raises:
        LegacyKeyWarning: *promote* is set, and an old spelling is used.
        TypeError: The class has no history.
    """
    from upcast.settings._isolated import absolute_files, configured, isolated
    from upcast.settings._loading._load import CURRENT, Load
    from upcast.settings.history import history_of
    from upcast.settings.uses import LegacyKeyWarning

    given = {name: Path(held).resolve() if isinstance(held, Path) else held for name, held in (files or {}).items()}
    if env_file is not None:
        given |= {} if isinstance(env_file, Path) else {".env": env_file}
        init["_env_file"] = env_file.resolve() if isinstance(env_file, Path) else ".env"
    load = Load(settings_class, history_of(settings_class))
    with isolated(environ or {}) as folder, configured(settings_class, **dict.fromkeys(absolute_files(settings_class))):
        for name, held in given.items():
            _put(folder / name, held)
        token = CURRENT.set(load)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                if promote:
                    warnings.simplefilter("error", LegacyKeyWarning)
                settings = settings_class(**init)
                problems: Sequence[SettingProblem] = ()
        except SettingsRefused as refused:
            settings, problems = None, refused.problems
        finally:
            CURRENT.reset(token)
    return SettingsRun(
        settings=settings,
        uses=tuple(load.uses),
        problems=tuple(problems),
        warnings=tuple(str(each.message) for each in caught),
    )


def _put(path: Path, held: Path | str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(held, Path):
        shutil.copyfile(held, path)
    else:
        path.write_bytes(held if isinstance(held, bytes) else held.encode())


def assert_rolling(
    settings_class: type[BaseSettings],
    folder: Path | str,
    *,
    releases: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> Rolling:
    """Fail with every stored file that would keep an instance of today from starting.

        def test_rolling_deployment_keeps_running() -> None:
            assert_rolling(AppSettings, "settings/", environ={"APP_API_TOKEN": "dummy"})

    Args:
        settings_class: A settings class with a history.
        folder: The folder of the stored files, `FOLDER/RELEASE/NAME`; see `upcast.settings.rolling.rolling`.
        releases: The releases to look at; by default the one that runs and those next to it.
        environ: What every instance has besides, such as secrets that are not stored.

    Returns:
        What became of each file, where all are taken.

    Raises:
        AssertionError: Some are not.
        CannotRoll: There are none.
        TypeError: The class has no history.
    """
    from upcast.settings.rolling import rolling

    done = rolling(settings_class, folder, releases=releases, environ=environ)
    if done.ok:
        return done
    refused = [(file, problem) for file in done.files for problem in file.problems]
    told = "".join(f"\n  {file.release} {Path(file.file).name}: {problem}" for file, problem in refused)
    raise AssertionError(f"{done.settings} does not start with stored settings:{told}")
