"""Files are read by their names and written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings, SettingsConfigDict

from upcast import rename
from upcast.settings import Legacy, versioned
from upcast.settings.documents import UnreadableDocument
from upcast.settings.update import FileChanged, plan_file


@versioned(Legacy(rename("old", to="new"), since="2.1", remove_in="2.3"), release="2.2")
class Shop(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="APP_",
        toml_table_header=("tool", "shop"),
        pyproject_toml_table_header=("tool", "shop"),
        yaml_config_section="services.shop.web",
    )

    new: int = 0


@versioned(Legacy(rename("old", to="new"), since="2.1", remove_in="2.3"), release="2.2")
class Plain(BaseSettings):
    new: int = 0


def written(path: Path, text: str, settings_class: type[BaseSettings] = Plain) -> str:
    """A file after an update."""
    path.write_bytes(text.encode())
    plan_file(settings_class, path).write()
    return path.read_bytes().decode()


def names(folder: Path) -> list[str]:
    """What stands in a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "text", "after"),
    [
        ("a.toml", "old = 1\n", "new = 1\n"),
        ("a.yaml", "old: 1\n", "new: 1\n"),
        ("a.yml", "old: 1\n", "new: 1\n"),
        ("a.json", '{"old": 1}', '{"new": 1}'),
        (".env", "OLD=1\n", "NEW=1\n"),
        (".env.local", "OLD=1\n", "NEW=1\n"),
        ("a.toml", "\ufeffold = 1\r\n# ü", "\ufeffnew = 1\r\n# ü"),
    ],
)
def test_names_tell_the_kind(tmp_path: Path, name: str, text: str, after: str) -> None:
    """Byte order marks and line endings stay."""
    assert after == written(tmp_path / name, text)


def test_sections_are_those_of_the_class(tmp_path: Path) -> None:
    """Each kind of file has the table that pydantic-settings would read; a dotted one as it looks for it."""
    table = "old = 0\n[tool.shop]\nold = 1\n"
    dotted = "old: 0\nservices.shop:\n  web:\n    old: 1\nservices:\n  shop: {web: {old: 2}}\n"

    assert "old = 0\n[tool.shop]\nnew = 1\n" == written(tmp_path / "a.toml", table, Shop)
    assert "old = 0\n[tool.shop]\nnew = 1\n" == written(tmp_path / "pyproject.toml", table, Shop)
    assert dotted.replace("    old: 1", "    new: 1") == written(tmp_path / "a.yaml", dotted, Shop)
    assert "services: {shop: {web: {new: 2}}}" == written(
        tmp_path / "a.yaml", "services: {shop: {web: {old: 2}}}", Shop
    )
    assert '{"new": 1}' == written(tmp_path / "a.json", '{"old": 1}', Shop)
    assert "old: 1\n" == written(tmp_path / "a.yaml", "old: 1\n", Shop)


def test_pyproject_has_a_table_of_its_own(tmp_path: Path) -> None:
    """What other tables say is for other tools."""
    text = "old = 1\n[tool.pydantic-settings]\nold = 1\n"

    assert "old = 1\n[tool.pydantic-settings]\nnew = 1\n" == written(tmp_path / "pyproject.toml", text)


def test_mode_stays(tmp_path: Path) -> None:
    """A file that nobody else may read stays so, and its backup with it."""
    path = tmp_path / ".env"
    path.write_text("OLD=1\n")
    path.chmod(0o600)

    kept = plan_file(Plain, path).write(backup=True)

    assert kept == tmp_path / ".env.bak"
    assert ("NEW=1\n", "OLD=1\n") == (path.read_text(), kept.read_text())
    assert [0o600, 0o600] == [each.stat().st_mode & 0o777 for each in (path, kept)]


def test_link_stays_a_link(tmp_path: Path) -> None:
    """The file that it leads to is written."""
    target, link = tmp_path / "real.toml", tmp_path / "config.toml"
    target.write_text("old = 1\n")
    link.symlink_to(target)

    plan_file(Plain, link).write()

    assert link.is_symlink()
    assert "new = 1\n" == target.read_text()


def test_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """What somebody else wrote is not lost."""
    path = tmp_path / "a.toml"
    path.write_text("old = 1\n")
    planned = plan_file(Plain, path)
    path.write_text("old = 2\n")

    with pytest.raises(FileChanged, match=r"a\.toml was changed"):
        planned.write(backup=True)

    assert ["a.toml"] == names(tmp_path)
    assert "old = 2\n" == path.read_text()


def test_backup_is_never_overwritten(tmp_path: Path) -> None:
    """An older backup may be the only one of its kind; nothing is written then."""
    path = tmp_path / "a.toml"
    path.write_text("old = 1\n")
    (tmp_path / "a.toml.bak").write_text("precious")

    with pytest.raises(FileExistsError):
        plan_file(Plain, path).write(backup=True)

    assert ("old = 1\n", "precious") == (path.read_text(), (tmp_path / "a.toml.bak").read_text())


def test_nothing_is_written_where_nothing_changes(tmp_path: Path) -> None:
    """Not even a backup; a file that was refused is not touched either."""
    path = tmp_path / "a.toml"
    path.write_text("old = 1\nnew = 2\n")
    before = path.stat()

    planned = plan_file(Plain, path)

    assert planned.update.refused
    assert planned.write(backup=True) is None
    assert (["a.toml"], before) == (names(tmp_path), path.stat())


def test_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C before the last moment: the old file stands, and no rest lies about."""
    path = tmp_path / "a.toml"
    path.write_text("old = 1\n")
    planned = plan_file(Plain, path)

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        planned.write(backup=True)

    assert ["a.toml"] == names(tmp_path)
    assert "old = 1\n" == path.read_text()


def test_file_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    """A name that tells nothing is not guessed at."""
    (tmp_path / "settings.ini").write_text("old = 1\n")

    with pytest.raises(UnreadableDocument):
        plan_file(Plain, tmp_path / "settings.ini")
