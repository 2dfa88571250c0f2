"""`upcast settings update`: shows what would change, writes when told to, and never shows a secret."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from upcast.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

UPCAST = Path(sys.executable).with_name("upcast")
CANARY = "canary-7c1f"
SETTINGS = """\
from pydantic_settings import BaseSettings, SettingsConfigDict

from upcast import convert, rename
from upcast.settings import Legacy, versioned

print("imported")


def seconds(minutes):
    print("converted")
    return minutes * 60


@versioned(
    Legacy(rename("old", to="new"), since="2.1", remove_in="2.4"),
    Legacy(rename("minutes", to="seconds"), convert("seconds", seconds, inverse=lambda seconds: seconds // 60),
           was=int, since="2.2", remove_in="2.4"),
    release="2.2",
)
class AppSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_")
    new: int = 0
    seconds: int = 0


@versioned(version=2, unversioned=1, upcasters={1: rename("a", to="b")})
class Filed(BaseSettings):
    b: int = 0


class Plain(BaseSettings):
    new: int = 0
"""
TARGET = "shop.settings:AppSettings"


@attrs.frozen
class Ran:
    """What a run of the command came to."""

    code: int
    out: str
    err: str


@attrs.frozen
class Folder:
    """A working folder with `shop/settings.py`, and `upcast settings update` run in it."""

    path: Path
    _monkeypatch: pytest.MonkeyPatch
    _capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> Ran:
        """Run the command, with all that `main` does."""
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["upcast", "settings", "update", *arguments])
            code = main()
        return Ran(code, *self._capsys.readouterr())

    def put(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.path / name
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Folder]:
    """A folder to work in."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "settings.py").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield Folder(tmp_path, monkeypatch, capsys)
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def test_dry_run_shows_the_difference(folder: Folder) -> None:
    """Nothing is written, and the exit code says that something would be."""
    path = folder.put("config.toml", "# why\nold = 1 # one\n")

    done = folder.run(TARGET, "config.toml")

    assert (
        done.out
        == """\
--- config.toml
+++ config.toml
@@ -1,2 +1,2 @@
 # why
-old = 1 # one
+new = 1 # one
1 file would change: --write does it
"""
    )
    assert (1, "# why\nold = 1 # one\n") == (done.code, path.read_text())


def test_what_user_code_prints_is_kept_apart(folder: Folder) -> None:
    """What the module and its functions print goes elsewhere than the result."""
    folder.put("config.toml", "minutes = 1\n")

    done = folder.run(TARGET, "config.toml", "--json")

    assert [False] == [file["written"] for file in json.loads(done.out)["files"]]
    assert done.err.startswith("imported\nconverted\n")


def test_write_and_again(folder: Folder) -> None:
    """All files are written; a second run has nothing to do."""
    one, other = folder.put("a.toml", "old = 1\n"), folder.put("b.yaml", "minutes: 2\n")

    first = folder.run(TARGET, "a.toml", "b.yaml", "a.toml", "--write")
    second = folder.run(TARGET, "a.toml", "b.yaml", "--write")

    assert ("new = 1\n", "seconds: 120\n") == (one.read_text(), other.read_text())
    assert (0, "2 files written\n") == (first.code, first.out[-16:])
    assert (0, "nothing to do\n") == (second.code, second.out)


def test_backup(folder: Folder) -> None:
    """The old file stays beside the new one, and an older backup is in the way."""
    folder.put("a.toml", "old = 1\n")
    first = folder.run(TARGET, "a.toml", "--write", "--backup")
    folder.put("a.toml", "old = 2\n")
    second = folder.run(TARGET, "a.toml", "--write", "--backup")

    assert (0, "old = 1\n") == (first.code, (folder.path / "a.toml.bak").read_text())
    assert (2, "upcast: a.toml.bak is there already: move it away\n") == (second.code, second.err[-50:])


def test_env_files_are_only_written_on_request(folder: Folder) -> None:
    """They are shown, without their values; to write them takes `--env`, and without it nothing at all is written."""
    path, other = folder.put(".env", f"APP_OLD={CANARY}\n"), folder.put("a.toml", "old = 1\n")

    shown = folder.run(TARGET, ".env", "a.toml")
    refused = folder.run(TARGET, ".env", "a.toml", "--write")
    before = (path.read_text(), other.read_text())
    done = folder.run(TARGET, ".env", "a.toml", "--write", "--env")

    assert "-APP_OLD=********\n+APP_NEW=********\n" in shown.out
    assert 2 == refused.code
    assert refused.err.endswith("upcast: .env: .env files are only written with --env; nothing is written\n")
    assert (f"APP_OLD={CANARY}\n", "old = 1\n") == before
    assert (0, f"APP_NEW={CANARY}\n", "new = 1\n") == (done.code, path.read_text(), other.read_text())


def test_what_is_refused_is_named_with_its_line(folder: Folder) -> None:
    """The rest is written, and the exit code says that something is left."""
    path = folder.put("a.toml", "minutes = 1\nold = 1\nnew = 2\n")

    done = folder.run(TARGET, "a.toml", "--write")
    preferred = folder.run(TARGET, "a.toml", "--write", "--prefer", "old")

    assert 1 == done.code
    assert done.out.endswith(
        "a.toml: old, new (lines 2, 3): they are set to different values [conflict]. Keep one of them, or say with "
        "--prefer whose value stays.\n1 file written; 1 thing left to be edited by hand\n"
    )
    assert (0, "seconds = 60\nnew = 1\n") == (preferred.code, path.read_text())


def test_downgrade(folder: Folder) -> None:
    """Back to what an older release reads; what the files do not tell is said."""
    path = folder.put("a.toml", "new = 1\nseconds = 60\n")
    partly = folder.run(TARGET, "a.toml", "--downgrade", "--to", "2.1", "--write")
    after = path.read_text()
    wholly = folder.run(TARGET, "a.toml", "--downgrade", "--write")

    assert (0, "new = 1\nminutes = 1\n") == (partly.code, after)
    assert (0, "old = 1\nminutes = 1\n") == (wholly.code, path.read_text())


def test_downgrade_of_a_version(folder: Folder) -> None:
    """The version to go back to is said; else it stays, and that is told."""
    path = folder.put("a.json", '{"schema_version": 2, "b": 1}')

    kept = folder.run("shop.settings:Filed", "a.json", "--downgrade")
    done = folder.run("shop.settings:Filed", "a.json", "--downgrade", "--to-version", "1", "--write")

    assert (0, "a.json: schema_version: stays as it is") == (kept.code, kept.out[:38])
    assert (0, '{"schema_version": 1, "a": 1}') == (done.code, path.read_text())


def test_section(folder: Folder) -> None:
    """The table can be said, where the class is told of it elsewhere."""
    path = folder.put("a.toml", "[tool.shop]\nold = 1\n")

    assert 0 == folder.run(TARGET, "a.toml").code
    assert 0 == folder.run(TARGET, "a.toml", "--section", "tool.shop", "--write").code
    assert "[tool.shop]\nnew = 1\n" == path.read_text()


def test_json_document(folder: Folder) -> None:
    """All of it for programs, and no secret in it."""
    folder.put("a.toml", f"old = 1\nnew = 2\nminutes = 1\npassword = '{CANARY}'\n")
    folder.put("b.toml", "new = 1\n")

    done = folder.run(TARGET, "a.toml", "b.toml", "--json", "--write", "--backup")

    assert CANARY not in done.out
    assert {
        "settings": TARGET,
        "ok": False,
        "files": [
            {
                "file": "a.toml",
                "kind": "toml",
                "needed": True,
                "written": True,
                "backup": (folder.path / "a.toml.bak").as_posix(),
                "changes": [{"kind": "converted", "key": "minutes", "to": "seconds", "line": 3}],
                "refused": [
                    {
                        "kind": "conflict",
                        "key": "old, new",
                        "lines": [1, 2],
                        "problem": "they are set to different values",
                        "remedy": "Keep one of them, or say with --prefer whose value stays.",
                    }
                ],
                "notes": [],
                "diff": "--- a.toml\n+++ a.toml\n@@ -1,4 +1,4 @@\n old = 1\n new = 2\n-minutes = 1\n+seconds = 60\n"
                " password = ********\n",
            },
            {
                "file": "b.toml",
                "kind": "toml",
                "needed": False,
                "written": False,
                "backup": None,
                "changes": [],
                "refused": [],
                "notes": [],
                "diff": "",
            },
        ],
    } == json.loads(done.out)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["shop.settings:Plain", "a.toml"], "shop.settings:Plain has no history"),
        (["shop.settings", "a.toml"], "is no import string"),
        ([TARGET, "missing.toml"], "missing.toml cannot be read"),
        ([TARGET, "shop"], "the name does not tell"),
        ([TARGET, "broken.toml"], "broken.toml: line 2: "),
        ([TARGET, "latin.env"], "latin.env: line 1: the file is not in UTF-8"),
        ([TARGET, "a.toml", "--to", "2.1"], "are for a downgrade"),
        ([TARGET, "a.toml", "--downgrade", "--to", "soon"], "is no release"),
        ([TARGET, "a.toml", "--section", "a..b"], "has an empty part"),
    ],
)
def test_what_cannot_be_done_is_said(folder: Folder, arguments: list[str], problem: str) -> None:
    """Exit code 2, one line, and nothing of what the files hold; files that could be written are not."""
    path = folder.put("a.toml", "old = 1\n")
    folder.put("broken.toml", f"old = 1\n= '{CANARY}\n")
    (folder.path / "latin.env").write_bytes(f"APP_OLD={CANARY}ü".encode("latin-1"))

    done = folder.run(*arguments[:1], "a.toml", *arguments[1:], "--write", "--env")

    assert 2 == done.code
    assert problem in done.err
    assert CANARY not in done.out + done.err
    assert "old = 1\n" == path.read_text()


def test_letters_that_a_terminal_obeys_are_escaped(folder: Folder) -> None:
    """A file may come from anywhere."""
    folder.put("a.toml", "old = 1 # \x7f\n".replace("\x7f", "\u202e"))

    done = folder.run(TARGET, "a.toml")

    assert "\u202e" not in done.out
    assert "\\u202e" in done.out


def test_interrupt_ends_with_130(folder: Folder) -> None:
    """Ctrl-C while a function of the user's runs: no file is touched, and none lies about."""
    source = SETTINGS.replace(
        # A folder is made by one call; an interrupt inside the making of a file object was seen to be lost.
        '    print("converted")\n',
        '    __import__("os").mkdir("here")\n    __import__("time").sleep(60)\n',
    )
    (folder.path / "shop" / "settings.py").write_text(source, encoding="utf-8")
    path = folder.put("a.toml", "minutes = 1\n")
    command = [UPCAST, "settings", "update", TARGET, "a.toml", "--write"]
    with subprocess.Popen(command, cwd=folder.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not (folder.path / "here").exists() and time.monotonic() < deadline:
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)

    assert 130 == process.returncode
    assert "minutes = 1\n" == path.read_text()
    assert ["a.toml", "here", "shop"] == sorted(each.name for each in folder.path.iterdir())
