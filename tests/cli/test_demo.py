"""`upcast demo` on a real server: its counts, its looks, and its ends."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import resource
import shlex
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

from cli.terminal import shown_on
from upcast.cli._group import upcast
from upcast.cli.demo import story
from upcast.cli.demo.account import Account, Found
from upcast.cli.demo.billing import POLICY, Booking, Ledger
from upcast.cli.demo.producers import history
from upcast.cli.demo.shop import OrderPlaced, events
from upcast.streams.delivery import Delivery
from upcast.streams.embedded import _find_server
from upcast.streams.letters import DeadLetter, Letter
from upcast.streams.policy import RetryPolicy

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
        shown = shown_on(ours)
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
    assert 9 == len(report["checks"])
    assert "url" not in report


def test_what_the_bug_stopped_comes_back() -> None:
    """What the fixed code reads is replayed and handled; everything else stays a dead letter."""
    report = json.loads(demo("--json").stdout)
    replay = report["replay"]

    assert (100, 20, 20, 20) == (replay["checked"], replay["passed"], replay["replayed"], replay["handled"])
    assert dict.fromkeys(("class-refused", "malformed", "newer-version", "unknown-type"), 20) == replay["remaining"]
    assert 0 == report["repeats"]
    assert sum(written.cents for written in history(1000)) == report["amount"]


def test_policy_is_shortened_and_says_so() -> None:
    """Both figures are told, those of the demo and those that a program would have."""
    shown, policy = demo("--count", "10").stdout, json.loads(demo("--json", "--count", "10").stdout)["policy"]

    assert "Tried 5 times, 0.05, 0.1, 0.2, 0.4 s apart; a newer version waits 0.5 s.\n" in shown
    assert "shortened for the demo: by default it is 1, 3, 9, 27 s, and 24 h.\n" in shown
    assert (5, [1, 3, 9, 27], 86_400) == (
        policy["max_attempts"],
        policy["default_delays"],
        policy["default_newer_wait"],
    )


def test_each_refusal_is_named_with_its_place_and_remedy() -> None:
    """Each kind of refusal has its count, where it happened, and one line on what to do."""
    refusals = {
        refusal["reason"]: refusal for refusal in json.loads(demo("--json", "--count", "100").stdout)["refusals"]
    }

    assert {"malformed", "unknown-type", "newer-version", "upcaster-failed", "class-refused"} == set(refusals)
    assert "v2 → v3, split_name" == refusals["upcaster-failed"]["at"]
    assert [1, 2] == refusals["upcaster-failed"]["versions"]
    assert "items.*.quantity" == refusals["class-refused"]["at"]
    assert {"upcaster-failed": 5, "class-refused": 5, "malformed": 1, "unknown-type": 1, "newer-version": 1} == {
        reason: refusal["attempts"] for reason, refusal in refusals.items()
    }
    assert 5 == len({refusal["fingerprint"] for refusal in refusals.values()})
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
    assert "\n    ✗ split_name\n" in done.stdout
    assert 1 == done.stdout.count("\nv5 2025  E-")
    assert 100 > done.stdout.count("\n")


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
    assert "20000/20000" not in shown[shown.index("consumed with one codec") :]


def test_log_does_not_garble_the_output() -> None:
    """The lines that the library logs for refused events are counted and one is shown; none is printed by itself."""
    done = demo("--count", "100")

    assert "" == done.stderr
    assert 1 == done.stdout.count("refused event: ")


# --- how it ends ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def started(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command while it runs, with its server's files in a folder."""
    # Where the tests run in the background Ctrl-C is ignored, and would be in what they start.
    heed = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", heed, UPCAST, "demo", *arguments],
        env=QUIET | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def server_of(folder: Path) -> int:
    """The process id of the server that has its files in a folder."""
    (pid_file,) = folder.glob("*/valkey.pid")
    return int(pid_file.read_text())


def stored_in(folder: Path) -> bytes:
    """What the server has written to its disk."""
    return b"".join(log.read_bytes() for log in folder.glob("*/appendonlydir/*.aof"))


@pytest.mark.parametrize(
    ("count", "sign"), [(2_000_000, b"order.placed"), (50_000, b"billing-1~"), (20_000, b"upcaster-failed")]
)
def test_ctrl_c_stops_the_server(tmp_path: Path, count: int, sign: bytes) -> None:
    """Ctrl-C while events are published, consumed or retried ends the run with 130; server and data are gone."""
    with started(tmp_path, "--count", str(count)) as process:
        assert eventually(lambda: sign in stored_in(tmp_path))
        server = server_of(tmp_path)
        assert alive(server)

        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)

    assert 130 == process.returncode
    assert b"" == output
    assert b"Traceback" not in errors
    assert eventually(lambda: not alive(server), seconds=5)
    assert [] == list(tmp_path.iterdir())


def asked(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run another command of ours."""
    return subprocess.run(
        [UPCAST, *arguments], env=QUIET, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60
    )


def test_kept_server_can_be_looked_at(tmp_path: Path) -> None:
    """With `--keep` the server is there until Ctrl-C, and each command that is shown works on it."""
    with started(tmp_path, "--keep", "--count", "50") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().decode().rstrip("\n")]
        while "valkey-cli" not in lines[-1]:
            lines.append(process.stdout.readline().decode().rstrip("\n"))
        verdict = lines.index("verified")
        url = lines[verdict + 3]
        groups, show, check, client = (shlex.split(line) for line in lines[verdict + 4 :])
        server = server_of(tmp_path)

        seen = asked(*groups[1:], "--json")
        shown = asked(*show[1:])
        checked = asked(*check[1:])
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)

    assert url.startswith("unix://")
    assert ["valkey-cli", "-s", url.removeprefix("unix://")] == client
    assert 4 == json.loads(seen.stdout)["letters"]
    assert (0, "") == (shown.returncode, shown.stderr)
    assert shown.stdout.endswith("  ✗ class-refused: items.*.quantity: greater_than_equal\n")
    assert (1, "") == (checked.returncode, checked.stderr)
    assert (0, b"", b"") == (process.returncode, output, errors)
    assert eventually(lambda: not alive(server), seconds=5)
    assert [] == list(tmp_path.iterdir())


def test_kept_server_is_named_in_the_document(tmp_path: Path) -> None:
    """With `--json --keep` the document comes first, and says where the server is."""
    with started(tmp_path, "--keep", "--json", "--count", "10") as process:
        assert process.stdout is not None
        document = b""
        while not document.endswith(b"\n}\n"):
            document += process.stdout.readline()
        report = json.loads(document)

        seen = asked("dlo", "groups", "orders", "--url", report["url"])
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)

    assert True is report["verified"]
    assert seen.stdout.startswith("4 dead letters in orders, of 4 causes")
    assert (0, b"", b"") == (process.returncode, output, errors)
    assert [] == list(tmp_path.iterdir())


def test_terminated_demo_leaves_nothing(tmp_path: Path) -> None:
    """A kept server does not outlive a demo that is killed."""
    with started(tmp_path, "--keep", "--json", "--count", "10") as process:
        assert process.stdout is not None
        assert b"{\n" == process.stdout.readline()
        server = server_of(tmp_path)
        process.kill()

    assert eventually(lambda: not alive(server) and not list(tmp_path.iterdir()))


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


@pytest.mark.parametrize("command", ["XADD", "XRANGE"])
def test_server_that_refuses_is_told(tmp_path: Path, command: str) -> None:
    """What the server refuses to do is told without a traceback."""
    server = tmp_path / "server"
    server.write_text(f'#!/bin/sh\nexec "{_find_server(None)}" "$@" --rename-command {command} ""\n', encoding="utf-8")
    server.chmod(server.stat().st_mode | stat.S_IXUSR)

    done = demo(UPCAST_VALKEY_SERVER=str(server))

    assert (2, "") == (done.returncode, done.stdout)
    assert "unknown command" in done.stderr.lower()
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

REFUSED = ("malformed", "unknown-type", "newer-version", "upcaster-failed", "class-refused")


def entry_id(number: int) -> str:
    """The id of one of the entries below."""
    return f"1700000000000-{number}"


def letter_of(number: int, written: Written, **about: Any) -> DeadLetter:
    """The dead letter of an entry."""
    reason = written.fault or "upcaster-failed"
    facts = {
        "stream": "orders",
        "id": entry_id(number),
        "group": "billing",
        "reason": reason,
        "stage": "decode",
        "attempts": POLICY.max_attempts if reason in {"upcaster-failed", "class-refused"} else 1,
        "waits": 2 if reason == "newer-version" else 0,
    }
    entry = tuple(part for field in written.fields.items() for part in field)
    return DeadLetter(f"1800000000000-{number}", Letter(**facts | about), entry)


def booking_of(written: Written, **facts: Any) -> Booking:
    """What the ledger has of an entry."""
    found = {"amount": written.cents, "version": written.version, "replays": 0 if written.fault is None else 1}
    return Booking(**found | facts)


def world() -> tuple[list[Written], Found]:
    """Fifty events, and what is to be found after the demo if nothing is wrong."""
    written = list(history(50))
    night = [letter_of(number, one) for number, one in enumerate(written) if one.fault is not None]
    handled = {n: one for n, one in enumerate(written) if one.fault in (None, "upcaster-failed")}
    found = Found(
        length=50,
        unsettled=0,
        night=night,
        left=[letter for letter in night if letter.letter.reason != "upcaster-failed"],
        bookings={(entry_id(number), 0): booking_of(one) for number, one in handled.items()},
        retried=2 * (POLICY.max_attempts - 1),
        logged=2 * POLICY.max_attempts + 1 + 1 + 3,
    )
    return written, found


def failing(written: list[Written], found: Found) -> list[str]:
    """The claims that do not hold."""
    account = Account()
    account.wrote([entry_id(number).encode() for number in range(len(written))], written)
    return [check.claim for check in account.checks(found) if not check.holds]


def first_of(written: list[Written], fault: str | None) -> int:
    """Which of the entries has a fault first."""
    return next(number for number, one in enumerate(written) if one.fault == fault)


def test_sound_world_is_verified() -> None:
    """The world below is in order before anything is wrong with it."""
    written, found = world()

    assert set(REFUSED) == {letter.letter.reason for letter in found.night}
    assert [] == failing(written, found)


@pytest.mark.parametrize(
    ("facts", "claim"),
    [
        ({"length": 49}, "the stream holds every entry that was published"),
        ({"unsettled": 1}, "nothing is pending in the group, and nothing unread"),
        ({"retried": 7}, "what a fix may mend was tried 5 times, everything else once"),
        ({"logged": 14}, "each refusal was logged, in one line"),
    ],
)
def test_account_notices_a_wrong_count(facts: dict[str, Any], claim: str) -> None:
    """A count that is off by one is noticed, by the check that is about it."""
    written, found = world()

    assert [claim] == failing(written, attrs.evolve(found, **facts))


@pytest.mark.parametrize(
    ("about", "claim"),
    [
        ({"reason": "oversize"}, "exactly the entries with a fault became dead letters, each once and for its fault"),
        ({"id": entry_id(99)}, "exactly the entries with a fault became dead letters, each once and for its fault"),
        ({"attempts": 2}, "what a fix may mend was tried 5 times, everything else once"),
    ],
)
def test_account_notices_a_wrong_letter(about: dict[str, Any], claim: str) -> None:
    """A letter with another reason, of an entry that nobody published, or after another number of attempts."""
    written, found = world()
    number = first_of(written, "malformed")
    wrong = letter_of(number, written[number], **about)

    night = [wrong if letter.letter.id == entry_id(number) else letter for letter in found.night]

    assert claim in failing(written, attrs.evolve(found, night=night))


@pytest.mark.parametrize("which", ["night", "left"])
def test_account_notices_a_changed_byte(which: str) -> None:
    """Bytes that move from a field's name to its value are still not those that were published."""
    written, found = world()
    letters = list(getattr(found, which))
    name, value, *rest = letters[0].entry
    letters[0] = attrs.evolve(letters[0], entry=(name + value[:1], value[1:], *rest))

    assert ["each dead letter has the bytes that were published, by their SHA-256"] == failing(
        written, attrs.evolve(found, **{which: letters})
    )


@pytest.mark.parametrize("spoilt", ["lost letter", "letter twice", "lost booking", "booked twice", "booked and kept"])
def test_account_notices_what_is_not_there_once(spoilt: str) -> None:
    """An event that is neither handled nor kept, or both, or one of them twice."""
    written, found = world()
    good, bad = first_of(written, None), first_of(written, "malformed")
    bookings, left = dict(found.bookings), list(found.left)
    if spoilt == "lost letter":
        del left[0]
    elif spoilt == "letter twice":
        left.append(left[0])
    elif spoilt == "lost booking":
        del bookings[entry_id(good), 0]
    elif spoilt == "booked twice":
        bookings[entry_id(good), 1] = booking_of(written[good], amount=0)
    else:
        bookings[entry_id(bad), 0] = booking_of(written[bad], replays=0)

    assert "every event is handled exactly once, or is still a dead letter" in failing(
        written, attrs.evolve(found, bookings=bookings, left=left)
    )


def test_account_notices_a_replay_under_another_id() -> None:
    """What was replayed as a new entry was not handled under its own id."""
    written, found = world()
    number = first_of(written, "upcaster-failed")
    bookings = dict(found.bookings)
    bookings[entry_id(99), 0] = bookings.pop((entry_id(number), 0))

    assert "what was replayed was handled under its original entry id" in failing(
        written, attrs.evolve(found, bookings=bookings)
    )


def test_account_notices_a_cent() -> None:
    """A cent too much is noticed."""
    written, found = world()
    number = first_of(written, None)
    bookings = {**found.bookings, (entry_id(number), 0): booking_of(written[number], amount=written[number].cents + 1)}

    assert ["the amounts add up to the cent"] == failing(written, attrs.evolve(found, bookings=bookings))


def test_ledger_books_once() -> None:
    """What is delivered again is counted and not booked again; another part of a split is another event."""
    order = events.codec().decode_payload(
        "order.placed", 5, next(one.fields[b"data"] for one in history(50) if one.version == 5 and one.fault is None)
    )
    assert isinstance(order, OrderPlaced)
    fields = {b"type": b"order.placed", b"schema_version": b"5"}
    ledger = Ledger()

    for index in (0, 0, 1):
        ledger.book(order, Delivery("orders", "billing", "1-1", 1, index, fields))

    assert [("1-1", 0), ("1-1", 1)] == list(ledger.bookings)
    assert 1 == ledger.repeats


def test_consumer_that_makes_no_progress_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where entries never settle, the run ends all the same, and says what is missing."""
    monkeypatch.setattr(story, "_PATIENCE", 0.1)
    monkeypatch.setattr("upcast.cli.demo.billing.POLICY", RetryPolicy(first_delay=4.0, max_delay=4.0, newer_delay=4.0))

    code = upcast.main(["demo", "--count", "10"], standalone_mode=False)

    shown = capsys.readouterr().out
    assert 1 == code
    assert "✗ nothing is pending in the group, and nothing unread\n" in shown


def test_unverified_run_is_a_no(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """If the account is not in order, the last word and the exit code say so."""

    def mistaken(count: int) -> Iterator[Written]:
        for one in history(count):
            yield attrs.evolve(one, cents=one.cents + 1)

    monkeypatch.setattr(story, "history", mistaken)

    code = upcast.main(["demo", "--count", "10"], standalone_mode=False)

    shown = capsys.readouterr().out
    assert 1 == code
    assert "✗ the amounts add up to the cent\n" in shown
    assert shown.endswith("\nnot verified\n")
