"""Files of documents: what a name tells, and bytes that are read and written as they are."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from settings.documents.edited import CORPUS
from upcast.settings.documents import (
    CannotEdit,
    Document,
    Kind,
    UnreadableDocument,
    kind_of,
    read_document,
    read_file,
    write_file,
)

FILES = sorted(path for path in CORPUS.glob("*/*") if kind_of(path))


def mode_of(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("settings.toml", "toml"),
        ("settings.yaml", "yaml"),
        ("settings.yml", "yaml"),
        ("settings.json", "json"),
        ("SETTINGS.TOML", "toml"),
        (".env", "dotenv"),
        (".env.local", "dotenv"),
        (".env.production.local", "dotenv"),
        ("shop.env", "dotenv"),
        (".env.json", "json"),
        ("settings.json.bak", None),
        ("settings.ini", None),
        ("env", None),
        (".environment", None),
        ("toml", None),
        ("", None),
    ],
)
def test_what_a_name_tells(name: str, kind: Kind | None) -> None:
    """The end of a name decides, and else its beginning."""
    assert kind == kind_of(Path("folder.toml") / name if name else Path())


@pytest.mark.parametrize(
    ("kind", "text"), [("toml", "a = 1\n"), ("json", '{"a": 1}'), ("yaml", "a: 1\n"), ("dotenv", "a=1\n")]
)
def test_every_kind_is_read(kind: Kind, text: str) -> None:
    """Each kind has its document."""
    document = read_document(text, kind)

    assert (kind, text, {"a"}) == (document.kind, document.text, set(document.data))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_bytes_survive_reading_and_writing(file: Path, tmp_path: Path) -> None:
    """A file that is read and written is the same, with its byte order mark and line endings."""
    document, content = read_file(file)
    target = tmp_path / file.name

    write_file(target, document.text)

    assert file.read_bytes() == content == target.read_bytes()


def test_a_kind_may_be_said(tmp_path: Path) -> None:
    """What is said counts more than what the name tells."""
    file = tmp_path / "settings.json"
    file.write_text("a = 1\n")

    assert {"a": 1} == read_file(file, kind="toml")[0].data


def test_a_name_that_tells_nothing(tmp_path: Path) -> None:
    """Nothing is guessed from what a file holds."""
    with pytest.raises(UnreadableDocument, match=r"\.toml, \.yaml, \.yml, \.json, \.env") as refused:
        read_file(tmp_path / "settings.ini")

    assert refused.value.kind is None


def test_a_file_that_is_not_in_utf_8(tmp_path: Path) -> None:
    """The error says on which line, and holds nothing of the file."""
    file = tmp_path / "settings.toml"
    file.write_bytes(b'a = "canary"\nb = "\xe9"\n')

    with pytest.raises(UnreadableDocument) as refused:
        read_file(file)

    assert ("toml", 2) == (refused.value.kind, refused.value.line)
    assert refused.value.__context__ is None


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o755])
def test_the_mode_of_a_file_stays(tmp_path: Path, mode: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may read a file may read it afterwards, and nobody else at any moment."""
    file = tmp_path / ".env"
    file.write_text("A=1\n")
    file.chmod(mode)
    seen = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda it: (seen.extend(map(mode_of, tmp_path.iterdir())), sync(it))[1])

    write_file(file, "A=2\n")

    assert ("A=2\n", mode) == (file.read_text(), mode_of(file))
    assert all(each & ~mode in (0, 0o200) for each in seen)
    assert seen


def test_a_new_file_has_the_mode_that_new_files_have(tmp_path: Path) -> None:
    """What stood nowhere is written as any other program would."""
    other = tmp_path / "other"
    other.write_text("")

    write_file(tmp_path / "settings.toml", "a = 1\n")

    assert mode_of(other) == mode_of(tmp_path / "settings.toml")


def test_the_file_behind_a_link_is_written(tmp_path: Path) -> None:
    """A symbolic link stays one."""
    folder = tmp_path / "folder"
    folder.mkdir()
    file = folder / "settings.toml"
    file.write_text("a = 1\n")
    link = tmp_path / "settings.toml"
    link.symlink_to(Path("folder") / "settings.toml")

    write_file(link, "a = 2\n")

    assert link.is_symlink()
    assert not file.is_symlink()
    assert "a = 2\n" == file.read_text()


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks while a file is written sees the old one, and what fails leaves it and nothing else."""
    file = tmp_path / "settings.toml"
    file.write_text("a = 1\n")

    def interrupted(_: int) -> None:
        assert "a = 1\n" == file.read_text()
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_file(file, "a = 2\n")

    assert [file] == list(tmp_path.iterdir())
    assert "a = 1\n" == file.read_text()


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """A folder in the way is an error of the system, and no half file stays beside it."""
    folder = tmp_path / "settings.toml"
    folder.mkdir()

    with pytest.raises(OSError, match=r"settings\.toml"):
        write_file(folder, "a = 1\n")

    assert [folder] == list(tmp_path.iterdir())


def test_what_no_file_can_hold_is_not_put_in() -> None:
    """A lone surrogate is escaped or refused, never left for the file to fail on."""
    for kind, text in (("toml", "A = 1"), ("json", '{"A": 1}'), ("yaml", "A: 1"), ("dotenv", "A=1")):
        document: Document = read_document(text, kind)  # type: ignore[arg-type]  # one of the kinds
        for edit in (lambda it: it.replace(("A",), "\ud800"), lambda it: it.rename(("A",), "\ud800")):
            with suppress(CannotEdit):
                assert edit(document).text.encode()


def test_documents_are_told_without_what_they_hold() -> None:
    """Neither a document nor its errors show a value."""
    for kind, text in (
        ("toml", 'a = "canary"'),
        ("json", '{"a": "canary"}'),
        ("yaml", "a: canary"),
        ("dotenv", "A=canary"),
    ):
        document: Document = read_document(text, kind)  # type: ignore[arg-type]  # one of the kinds
        key = next(iter(document.data))
        assert "canary" not in repr(document)
        with pytest.raises(CannotEdit) as refused:
            document.insert((key,), "canary")
        assert "canary" not in f"{refused.value!r} {refused.value}"
