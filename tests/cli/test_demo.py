"""`upcast demo` on a real server: its counts, its looks, and its ends."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import select
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from upcast._formats import StreamEntry
from upcast.cli._group import upcast
from upcast.cli.demo import story
from upcast.cli.demo.account import Account, Report
from upcast.cli.demo.producers import history
from upcast.cli.demo.shop import events
from upcast.streams.embedded import _find_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from upcast.cli.demo.producers import Written

UPCAST = Path(sys.executable).with_name("upcast")
MAIN = "import sys; from upcast.cli import main; sys.exit(main())"
QUIET = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR", "TERM"}}


def demo(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command with its output in pipes."""
    return subprocess.run(
        [UPCAST, "demo", *arguments],
        env=QUIET | variables,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def on_terminal(*arguments: str, **variables: str) -> str:
    """What the installed command shows on a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        [UPCAST, "demo", *arguments],
        env=QUIET | {"TERM": "xterm-256color", "COLUMNS": "80"} | variables,
        stdin=its,
        stdout=its,
        stderr=its,
    ) as process:
        os.close(its)
        shown = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # on Linux this is the end of a terminal
                break
            if not part:
                break
            shown += part
        os.close(ours)
    assert 0 == process.returncode
    return shown.decode()


def eventually(condition: Callable[[], bool], *, seconds: float = 20.0) -> bool:
    """Whether a condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- what it counts ---------------------------------------------------------------------------------------------------


def test_every_entry_is_accounted_for() -> None:
    """Of the thousand events of the default run each is decoded or refused, by version and by reason."""
    done = demo("--json")
    report = json.loads(done.stdout)

    assert (0, "") == (done.returncode, done.stderr)
    assert True is report["verified"]
    assert (1000, 900, 100) == (report["published"], report["decoded"], report["refused"])
    assert [
        (1, 190, 180, {"upcaster-failed": 10}),
        (2, 210, 180, {"malformed": 20, "upcaster-failed": 10}),
        (3, 200, 180, {"unknown-type": 20}),
        (4, 200, 180, {"class-refused": 20}),
        (5, 180, 180, {}),
        (6, 20, 0, {"newer-version": 20}),
    ] == [(v["version"], v["published"], v["decoded"], v["refused"]) for v in report["versions"]]
    assert all(check["holds"] for check in report["checks"])
    assert 5 == len(report["checks"])


def test_each_refusal_is_named_with_its_place_and_remedy() -> None:
    """Each kind of refusal has its count, where it happened, and one line on what to do."""
    refusals = {
        refusal["reason"]: refusal for refusal in json.loads(demo("--json", "--count", "100").stdout)["refusals"]
    }

    assert {"malformed", "unknown-type", "newer-version", "upcaster-failed", "class-refused"} == set(refusals)
    assert "v2 → v3, split_name" == refusals["upcaster-failed"]["at"]
    assert [1, 2] == refusals["upcaster-failed"]["versions"]
    assert "items.*.quantity" == refusals["class-refused"]["at"]
    for refusal in refusals.values():
        assert 2 == refusal["count"]
        assert refusal["remedy"].endswith(".")
        assert "\n" not in refusal["remedy"]


def test_remedy_names_a_file_that_exists() -> None:
    """The file to mend is there."""
    (remedy,) = (
        refusal["remedy"]
        for refusal in json.loads(demo("--json", "--count", "10").stdout)["refusals"]
        if refusal["reason"] == "upcaster-failed"
    )

    (name,) = re.findall(r"\S+\.py", remedy)

    assert (Path(story.__file__).parents[3] / name).is_file()


def test_smallest_run_holds_every_kind() -> None:
    """Ten events are enough for each kind; fewer are not accepted."""
    smallest, too_few = demo("--json", "--count", "10"), demo("--json", "--count", "9")

    assert (0, 5) == (smallest.returncode, json.loads(smallest.stdout)["refused"])
    assert (2, "") == (too_few.returncode, too_few.stdout)


def test_default_run_is_fast() -> None:
    """The default run, with all its processes, costs less than three seconds of processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    demo()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3


# --- how it looks -----------------------------------------------------------------------------------------------------


def test_piped_output_is_plain() -> None:
    """In a pipe there are no control sequences and nothing on standard error; the last word is the verdict."""
    done = demo()

    assert (0, "") == (done.returncode, done.stderr)
    assert "\x1b" not in done.stdout
    assert done.stdout.endswith("\nverified\n")
    assert "= OrderPlaced(order_id='A-" in done.stdout
    assert 2 == done.stdout.count("\nv5 2025  E-")


def test_json_is_one_document_even_on_a_terminal() -> None:
    """`--json` prints a document and nothing else, without colours."""
    shown = on_terminal("--json")

    assert "\x1b" not in shown
    assert True is json.loads(shown)["verified"]


def test_terminal_has_colours() -> None:
    """On a terminal the tables are coloured, and no line of them is wider than it."""
    shown = on_terminal("--count", "40")

    assert "\x1b[1;32mverified" in shown
    rows = re.findall(r"^(?:\x1b\[[\d;]*m)*v\d .*$", shown, re.MULTILINE)
    assert rows
    assert all(len(re.sub(r"\x1b\[[\d;]*m", "", row).rstrip("\r")) <= 80 for row in rows)


@pytest.mark.parametrize(("arguments", "variables"), [(("--no-color",), {}), ((), {"NO_COLOR": "1"})])
def test_colours_can_be_turned_off(arguments: tuple[str, ...], variables: dict[str, str]) -> None:
    """An option or the usual variable takes every control sequence away."""
    assert "\x1b" not in on_terminal("--count", "40", *arguments, **variables)


def test_bar_is_shown_while_there_is_much_to_do() -> None:
    """A large run on a terminal shows how far it is; the bar is gone in the end."""
    shown = on_terminal("--count", "20000")

    assert "20000/20000" in shown
    assert "20000/20000" not in shown[shown.index("read with one codec") :]


def test_log_does_not_garble_the_output() -> None:
    """The lines that the library logs for refused events are counted and one is shown; none is printed by itself."""
    done = demo("--count", "100")

    assert "" == done.stderr
    assert 1 == done.stdout.count("refused event: ")


# --- how it ends ------------------------------------------------------------------------------------------------------


def test_ctrl_c_stops_the_server(tmp_path: Path) -> None:
    """Ctrl-C in the middle of the work ends the run with 130; server and data are gone."""
    # Where the tests run in the background Ctrl-C is ignored, and would be in what they start.
    heed = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", heed, UPCAST, "demo", "--count", "2000000"],
        env=QUIET | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert eventually(lambda: sum(log.stat().st_size for log in tmp_path.glob("*/appendonlydir/*.aof")) > 100_000)
        (pid_file,) = tmp_path.glob("*/valkey.pid")
        server = int(pid_file.read_text())
        assert alive(server)

        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()

    assert 130 == process.returncode
    assert b"" == output
    assert b"Traceback" not in errors
    assert eventually(lambda: not alive(server), seconds=5)
    assert [] == list(tmp_path.iterdir())


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """A run leaves no files."""
    assert 0 == demo("--count", "10", TMPDIR=str(tmp_path)).returncode
    assert [] == list(tmp_path.iterdir())


def test_without_a_server_it_cannot_run(tmp_path: Path) -> None:
    """A server that is not there is a problem in one line, with exit code 2."""
    done = demo(UPCAST_VALKEY_SERVER=str(tmp_path / "none"))

    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("upcast: UPCAST_VALKEY_SERVER names ")
    assert 1 == done.stderr.count("\n")


@pytest.mark.parametrize(("module", "extra"), [("valkey", "valkey"), ("rich", "cli")])
def test_missing_extra_is_named(module: str, extra: str) -> None:
    """Without what it stands on the command says how to install it."""
    code = f"import sys; sys.modules[{module!r}] = None; {MAIN}"

    done = subprocess.run([sys.executable, "-c", code, "demo"], capture_output=True, text=True, check=False, timeout=60)

    assert (2, "") == (done.returncode, done.stdout)
    assert f'pip install "upcast-events[{extra}]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_server_that_refuses_is_told(tmp_path: Path) -> None:
    """What the server refuses to do is told without a traceback."""
    server = tmp_path / "server"
    server.write_text(f'#!/bin/sh\nexec "{_find_server(None)}" "$@" --rename-command XRANGE ""\n', encoding="utf-8")
    server.chmod(server.stat().st_mode | stat.S_IXUSR)

    done = demo(UPCAST_VALKEY_SERVER=str(server))

    assert (2, "") == (done.returncode, done.stdout)
    assert "unknown command" in done.stderr
    assert 1 == done.stderr.count("\n")


def test_closed_pipe_is_no_traceback() -> None:
    """A reader that has seen enough, such as `head`, is no error to complain about."""
    done = subprocess.run(
        ["sh", "-c", f'"{UPCAST}" demo --count 10 | {shutil.which("true")}'],
        env=QUIET,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "" == done.stderr


# --- that it would notice ---------------------------------------------------------------------------------------------


def accounted(written: list[Written], *, read: list[Written] | None = None, **facts: Any) -> Report:
    """The report on what was written and what of it was read."""
    codec = events.codec(envelope=StreamEntry())
    account = Account()
    account.wrote(written)
    for one in written if read is None else read:
        (event,) = codec.decode_many([one.fields], return_errors=True)
        account.read(one.fields, event)
    found: dict[str, Any] = {"length": len(written), "logged": sum(one.fault is not None for one in written)}
    return account.report(**{**found, "log_line": "", "explanation": "", "seconds": {}, **facts})


def test_sound_account_is_verified() -> None:
    """The account below is in order before anything is wrong with it."""
    assert accounted(list(history(50))).verified


@pytest.mark.parametrize("spoilt", ["lost", "twice", "other", "length", "logged", "fault", "cents"])
def test_account_notices(spoilt: str) -> None:
    """An entry lost, read twice or refused unexpectedly, a wrong length, log, fault or amount: each is noticed."""
    written = list(history(50))
    first = next(n for n, one in enumerate(written) if one.fault is None)

    oversize = attrs.evolve(written[first], fields={**written[first].fields, b"data": b"[" * 1000})

    report = {
        "lost": lambda: accounted(written, read=written[1:]),
        "twice": lambda: accounted(written, read=[*written, written[first]]),
        "other": lambda: accounted(written, read=[oversize, *written[first + 1 :]], logged=6),
        "length": lambda: accounted(written, length=49),
        "logged": lambda: accounted(written, logged=4),
        "fault": lambda: accounted([attrs.evolve(written[first], fault="malformed"), *written[first + 1 :]], logged=5),
        "cents": lambda: accounted([attrs.evolve(written[first], cents=1), *written[first + 1 :]]),
    }[spoilt]()

    assert not report.verified


def test_unverified_run_is_a_no(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """If the account is not in order, the last word and the exit code say so."""

    def mistaken(count: int) -> Iterator[Written]:
        for one in history(count):
            yield attrs.evolve(one, cents=one.cents + 1)

    monkeypatch.setattr(story, "history", mistaken)

    code = upcast.main(["demo", "--count", "10"], standalone_mode=False)

    shown = capsys.readouterr().out
    assert 1 == code
    assert "✗ the decoded amounts add up to the cent\n" in shown
    assert shown.endswith("\nnot verified\n")
