"""`upcast dlo` on a real server: what it shows, what it does, and what it never prints."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from upcast.streams import Reject
from upcast.streams._failure import Failure, crashed, rejected
from upcast.streams.letters import Letter, letter_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.office import Shop

NO_NAME = b'{"order_id": "A-1", "name": "Wilhelmine"}'
NO_ID = b'{"order_id": 5, "first": "Wilhelmine", "last": "b"}'
GOOD = b'{"order_id": "A-1", "first": "Wilhelmine", "last": "b"}'
SECRET = "Wilhelmine"
HOSTILE = "\x1b[2J\x9b31m\u202e\r\n" + "x" * 2000
COMMANDS = ("groups", "list", "show", "check", "replay", "discard")
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")


@pytest.fixture
def letters(shop: Shop) -> list[str]:
    """An office with two letters that fail the same way, one that the class refuses, and one that would pass."""
    no_stock = rejected(Reject("no-stock"), "charge")
    return [
        shop.die(NO_NAME),
        shop.die(NO_NAME.replace(b"A-1", b"A-2")),
        shop.die(NO_ID, version=2),
        shop.die(GOOD, version=2, failure=no_stock, event_type="order.placed", schema_version=2),
    ]


def document(text: str) -> Any:
    """One JSON document."""
    return json.loads(text)


# --- what there is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples(shop: Shop, command: str) -> None:
    """Every help has examples that can be copied, and tells the exit codes."""
    out = shop.run("dlo", command, "--help").out

    assert f"Examples:\n    upcast dlo {command} orders" in out
    assert "Exit code: 0 if" in out


def test_help_imports_neither_the_client_nor_the_looks(shop: Shop) -> None:
    """What a command stands on is imported when it runs."""
    code = (
        "import sys; from upcast.cli._group import upcast; upcast.main(sys.argv[1:], standalone_mode=False);"
        "print({'rich', 'valkey', 'asyncio'} & set(sys.modules))"
    )
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-c", code, "dlo", command, "-h"], capture_output=True, text=True, check=False
        )
        assert "set()" == done.stdout.splitlines()[-1]


@pytest.mark.parametrize("command", ["groups", "list", "check", "replay", "discard"])
def test_empty_office_says_so(shop: Shop, command: str) -> None:
    """Where there are no letters there is nothing to do, and that is no failure."""
    more = ["--all", "--because", "x"] if command == "discard" else []
    more += ["--dry-run"] if command in {"replay", "discard"} else []

    ran = shop.run("dlo", command, "orders", *more)

    assert (0, "no dead letters in orders\n", "") == (ran.code, ran.out, ran.err)


def test_groups_count_letters_by_cause(shop: Shop, letters: list[str]) -> None:
    """Each cause has one line with its count, the largest first, and its place and problem beneath."""
    ran = shop.run("dlo", "groups", "orders")
    lines = ran.out.splitlines()

    assert 0 == ran.code
    assert "4 dead letters in orders, of 3 causes (times are UTC)" == lines[0]
    assert ["fingerprint", "letters", "reason", "versions", "first", "last"] == lines[2].split()
    assert re.match(r"[0-9a-f]{12}        2  upcaster-failed  v1        \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ", lines[3])
    assert "    order.placed, split_name" == lines[4]
    assert lines[5].startswith("    v1 → v2, split_name: raised ValueError")


def test_groups_as_json(shop: Shop, letters: list[str]) -> None:
    """A program gets every member of a group."""
    told = document(shop.run("dlo", "groups", "orders", "--json").out)

    assert ("orders", 4, [2, 1, 1]) == (told["stream"], told["letters"], [group["count"] for group in told["groups"]])
    assert {
        "fingerprint", "reason", "stage", "problem", "event_type", "versions",
        "step", "groups", "count", "first", "last", "example",
    } == set(told["groups"][0])  # fmt: skip


def test_list_shows_the_oldest_up_to_the_limit(shop: Shop, letters: list[str]) -> None:
    """Letters stand in their order; that there are more is said."""
    ran = shop.run("dlo", "list", "orders", "--limit", "3")
    lines = ran.out.splitlines()

    assert letters[:3] == [line.split()[0] for line in lines[1:4]]
    assert lines[1].endswith("  upcaster-failed  billing  order.placed v1")
    assert "There are more: --limit shows them, filters choose among them." == lines[4]
    assert 5 == len(lines)
    assert "There are more" not in shop.run("dlo", "list", "orders", "--limit", "4").out


def test_list_as_json(shop: Shop, letters: list[str]) -> None:
    """A program gets all that a letter tells, and whether there are more."""
    told = document(shop.run("dlo", "list", "orders", "--limit", "1", "--json").out)

    assert (True, [letters[0]]) == (told["more"], [letter["letter_id"] for letter in told["letters"]])
    assert ("upcaster-failed", "billing", 5) == tuple(
        told["letters"][0][name] for name in ("reason", "group", "attempts")
    )


def test_filters_choose(shop: Shop, letters: list[str]) -> None:
    """Each filter narrows, and all of them hold at once."""
    fingerprint = document(shop.run("dlo", "groups", "orders", "--json").out)["groups"][0]["fingerprint"]

    def chosen(*filters: str) -> list[str]:
        told = document(shop.run("dlo", "list", "orders", "--json", *filters).out)
        return [letter["letter_id"] for letter in told["letters"]]

    assert letters[:2] == chosen("--reason", "upcaster-failed")
    assert letters[2:3] == chosen("--stage", "validate")
    assert letters[2:] == chosen("--version", "2")
    assert letters == chosen("--type", "order.placed")
    assert letters[:2] == chosen("--fingerprint", fingerprint[:4])
    assert letters == chosen("--group", "billing")
    assert [] == chosen("--group", "mail")
    assert [letters[1], letters[3]] == chosen("--id", letters[3], "--id", letters[1])
    assert letters[3:] == chosen("--version", "2", "--stage", "handler")
    assert letters == chosen("--since", "2h")
    assert letters == chosen("--since", "2020-01-01")
    assert [] == chosen("--until", "2020-01-01T12:00:00+02:00")
    assert [] == chosen("--until", "1w")


def test_filters_that_take_nothing_say_so(shop: Shop, letters: list[str]) -> None:
    """An office that has letters is not said to have none."""
    ran = shop.run("dlo", "groups", "orders", "--group", "mail")

    assert (0, "no dead letter in orders is one of those\n") == (ran.code, ran.out)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("--since", "yesterday"), "write a date or time such as 2026-11-20"),
        (("--since", "999999999w"), "write a date or time such as 2026-11-20"),
        (("--fingerprint", "xyz"), "give 4 to 12 of its hex digits"),
        (("--id", "first"), "is no id of a letter"),
        (("--id", "1-1"), "there is no letter 1-1"),
        (("--limit", "0"), "x>=1"),
    ],
)
def test_filters_that_mean_nothing(shop: Shop, letters: list[str], wrong: tuple[str, ...], says: str) -> None:
    """What cannot be a filter is refused with what can."""
    ran = shop.run("dlo", "list", "orders", *wrong)

    assert 2 == ran.code
    assert says in ran.err


# --- one letter -------------------------------------------------------------------------------------------------------


def test_show_tells_why_a_letter_is_here(shop: Shop, letters: list[str]) -> None:
    """All that is known about a letter, and nothing of its payload."""
    ran = shop.run("dlo", "show", "orders", letters[0])
    told = dict(line.split(maxsplit=1) for line in ran.out.splitlines())

    assert 0 == ran.code
    assert letters[0] == told["letter"]
    assert "upcaster-failed" == told["reason"]
    assert "order.placed v1" == told["event"]
    assert "split_name, from v1" == told["step"]
    assert "5" == told["attempts"]
    assert told["from"].endswith(", group billing")
    assert "3 fields, 76 bytes" == told["stored"]
    assert SECRET not in ran.out


def test_values_are_shown_when_asked_for(shop: Shop, letters: list[str]) -> None:
    """With --values the entry is printed, a JSON payload on many lines."""
    ran = shop.run("dlo", "show", "orders", letters[0], "--values", UPCAST_REGISTRY="")

    assert ran.out.endswith(
        '\n\ntype\norder.placed\n\nschema_version\n1\n\ndata\n{\n  "order_id": "A-1",\n  "name": "Wilhelmine"\n}\n'
    )


def test_with_a_registry_the_steps_are_told(shop: Shop, letters: list[str]) -> None:
    """With a registry, what today's code makes of the entry stands beneath."""
    ran = shop.run("dlo", "show", "orders", letters[2], "--values", "--registry", "shop.events:codec")

    assert "\n\norder.placed v2 → v2, current lane\n  ✗ class-refused" in ran.out


def test_show_refuses_what_a_consumer_refuses(shop: Shop) -> None:
    """A field that stands twice is refused before any codec sees one of the two."""
    values = [
        b"type",
        b"order.placed",
        b"schema_version",
        b"2",
        b"data",
        b"[]",
        b"data",
        b'{"order_id": "A-1", "first": "Ada", "last": "L"}',
    ]
    letter = letter_of(Failure("malformed", "decode"), stream="orders", id="1-1", group="billing")

    shown = shop.run("dlo", "show", "orders", shop.write(letter, values), "--values")

    assert shown.code == 0
    assert "a field of the entry stands twice" in shown.out


def test_show_as_json(shop: Shop, letters: list[str]) -> None:
    """A program gets the entry and the explanation with --values only."""
    without = document(shop.run("dlo", "show", "orders", letters[0], "--json").out)
    told = document(shop.run("dlo", "show", "orders", letters[0], "--json", "--values").out)

    assert {"entry", "explanation"} == set(told) - set(without)
    assert {"name": "data", "value": NO_NAME.decode()} == told["entry"][2]
    assert "upcaster-failed" == told["explanation"]["error"]["reason"]


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"\xff\x00\x1b[31m", r"\xff\x00\x1b[31m"),
        (b"[" * 5000, "[" * 5000),
        (b'"\x1b[2J"', r'"\x1b[2J"'),
        ('"\x9b"'.encode(), r'"\x9b"'),
        (b"a\nb", r"a\nb"),
        (b"", ""),
    ],
)
def test_payload_that_is_anything(shop: Shop, data: bytes, shown: str) -> None:
    """What is no JSON, or nests without end, is shown byte by byte, and commands no terminal."""
    letter = shop.die(data)

    ran = shop.run("dlo", "show", "orders", letter, "--values", UPCAST_REGISTRY="")

    assert 0 == ran.code
    assert ran.out.endswith(f"\ndata\n{shown}\n")
    assert None is OBEYED.search(ran.out)


def test_bytes_that_are_no_text_are_base64_in_json(shop: Shop) -> None:
    """A JSON document says which bytes they were."""
    letter = shop.die(b"\xff")

    entry = document(shop.run("dlo", "show", "orders", letter, "--values", "--json").out)["entry"]

    assert {"name": "data", "value_base64": "/w=="} == entry[2]


def test_entry_that_vanished(shop: Shop) -> None:
    """Where there are no bytes, that is said, and there is nothing to explain."""
    letter = shop.write(Letter(stream="orders", id="1-1", group="billing", reason="vanished", stage="stream"), [])

    ran = shop.run("dlo", "show", "orders", letter, "--values")

    assert ran.out.endswith("\n\nnothing is left of the entry\n")
    told = document(shop.run("dlo", "show", "orders", letter, "--values", "--json").out)
    assert ([], None) == (told["entry"], told.get("explanation"))


def test_letter_that_is_not_there(shop: Shop, letters: list[str]) -> None:
    """A letter that was replayed meanwhile is named."""
    ran = shop.run("dlo", "show", "orders", "1-1")

    assert (2, "") == (ran.code, ran.out)
    assert "there is no letter 1-1 in the dead letter office of 'orders': it may have been replayed or discarded" == (
        ran.err
    )


# --- what must not be printed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_value_of_a_payload_is_printed(shop: Shop, letters: list[str], form: tuple[str, ...]) -> None:
    """Only --values prints values of a payload."""
    said = [
        shop.run("dlo", "groups", "orders", *form),
        shop.run("dlo", "list", "orders", *form),
        *(shop.run("dlo", "show", "orders", letter, *form) for letter in letters),
        shop.run("dlo", "check", "orders", *form),
        shop.run("dlo", "replay", "orders", "--dry-run", "--only-passing", *form),
        shop.run("dlo", "replay", "orders", "--yes", "--only-passing", *form),
        shop.run("dlo", "discard", "orders", "--all", "--because", "x", "--yes", *form),
    ]

    assert all(ran.out for ran in said)
    assert not [ran for ran in said if SECRET in ran.out + ran.err]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_hostile_letters_command_no_terminal(shop: Shop, form: tuple[str, ...]) -> None:
    """Letters may hold anything: no name of theirs breaks a table, forges a line or commands the terminal."""
    texts = {
        name: HOSTILE
        for name, kind in Letter.__annotations__.items()
        if kind in {"str", "str | None"} and name not in {"stream", "id"}
    }
    hostile = Letter(**{**texts, "stream": "s", "id": "1-1", "frames": (HOSTILE,), "problems": (HOSTILE,)})
    letter = shop.write(hostile, [HOSTILE.encode(), HOSTILE.encode(), b"data", b"\xff"])
    foreign = shop.server.execute_command("XADD", "{orders}:dlo", "*", HOSTILE.encode(), b"x").decode()

    said = [
        shop.run("dlo", "groups", "orders", *form),
        shop.run("dlo", "list", "orders", *form),
        shop.run("dlo", "check", "orders", *form),
        shop.run("dlo", "show", "orders", letter, "--values", *form),
        shop.run("dlo", "show", "orders", foreign, "--values", *form),
        shop.run("dlo", "replay", "orders", "--dry-run", "--id", foreign, *form),
    ]

    assert [0, 0, 1, 0, 0, 1] == [ran.code for ran in said]
    assert not [found for ran in said if (found := OBEYED.search(ran.out + ran.err))]
    if form:
        assert all(document(ran.out) for ran in said)
    else:
        assert 3 == len(said[1].out.splitlines())
        assert all(len(line) < 2500 for ran in said for line in ran.out.splitlines())


def test_letter_from_the_end_of_time(shop: Shop, letters: list[str]) -> None:
    """An id that nobody's clock gives breaks no command."""
    shop.server.execute_command("XADD", "{orders}:dlo", "18446744073709551614-1", b"any", b"thing")

    assert [0, 0, 1] == [shop.run("dlo", command, "orders").code for command in ("groups", "list", "check")]
    assert 1 == shop.run("dlo", "replay", "orders", "--dry-run").code


# --- checking ---------------------------------------------------------------------------------------------------------


def test_check_tells_what_would_pass(shop: Shop, letters: list[str]) -> None:
    """How many would pass, cause by cause, with where the others fail; the exit code says no."""
    ran = shop.run("dlo", "check", "orders")
    lines = ran.out.splitlines()

    assert 1 == ran.code
    assert "1 of 4 would pass with this code" == lines[0]
    assert re.fullmatch(r"[0-9a-f]{12}        2     0  upcaster-failed order\.placed v1", lines[3])
    assert f"    2 upcaster-failed at v1 to v2, split_name, such as {letters[0]}" == lines[4]
    assert "    decodes; the handler decides" in lines


def test_check_says_yes_when_all_would_pass(shop: Shop, letters: list[str]) -> None:
    """When all that are chosen would pass, the exit code says yes."""
    ran = shop.run("dlo", "check", "orders", "--stage", "handler", "--json")
    told = document(ran.out)

    assert (0, 1, 1) == (ran.code, told["total"], told["passed"])
    assert {"group", "total", "passed", "failures", "verdict"} == set(told["groups"][0])


def test_check_needs_a_registry(shop: Shop) -> None:
    """Without a registry there is nothing to read with."""
    ran = shop.run("dlo", "check", "orders", UPCAST_REGISTRY="")

    assert 2 == ran.code
    assert "--registry" in ran.err


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("shop.events:flat", "shop.events:flat is a codec for Flat("),
        ("shop.events:OrderPlaced", "neither a Registry nor a Codec"),
        ("shop.nothing:events", "there is no module 'shop.nothing'"),
    ],
)
def test_check_with_what_reads_no_streams(shop: Shop, target: str, says: str) -> None:
    """What cannot read a stream is refused, with what can."""
    ran = shop.run("dlo", "check", "orders", "--registry", target)

    assert 2 == ran.code
    assert says in ran.err


# --- replaying --------------------------------------------------------------------------------------------------------


def test_without_a_terminal_nothing_is_replayed(shop: Shop, letters: list[str]) -> None:
    """Where nobody can be asked nothing is done, and the remedy is named."""
    ran = shop.run("dlo", "replay", "orders")

    assert (2, "") == (ran.code, ran.out)
    assert "replay did nothing: there is no terminal to ask on: add --yes, or --dry-run to see what it would do" == (
        ran.err
    )
    assert 4 == shop.left()


def test_replay_with_yes(shop: Shop, letters: list[str]) -> None:
    """With --yes letters go back to their group at once, and who did it is on record."""
    ran = shop.run("dlo", "replay", "orders", "--reason", "upcaster-failed", "--yes", "--by", "ann")

    assert (0, "2 of 2 letters replayed: 2 pending again\n") == (ran.code, ran.out)
    assert (2, 2) == (shop.left(), shop.pending())
    assert [(b"replay", b"ann", letter.encode()) for letter in letters[:2]] == [
        (entry[b"action"], entry[b"by"], entry[b"letter"]) for entry in shop.audit()
    ]


def test_audit_names_user_and_host(shop: Shop, letters: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless told otherwise the record names the user and the machine."""
    monkeypatch.setenv("LOGNAME", "ann")

    shop.run("dlo", "replay", "orders", "--id", letters[0], "--yes")

    assert re.fullmatch(rb"ann@\S+", shop.audit()[0][b"by"])


def test_audit_names_who_has_no_name(shop: Shop, letters: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A user of a container need not have a name; the number does."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)

    shop.run("dlo", "discard", "orders", "--id", letters[0], "--because", "x", "--yes")

    assert shop.audit()[0][b"by"].startswith(b"%d@" % os.getuid())


def test_only_what_passes_is_replayed(shop: Shop, letters: list[str]) -> None:
    """With --only-passing what would fail again stays, which is what was asked for."""
    ran = shop.run("dlo", "replay", "orders", "--only-passing", "--yes", "--json")

    assert 0 == ran.code
    assert {
        "stream": "orders",
        "report": {
            "selected": 4, "returned": 1, "added": 0, "already": 0, "failing": 3, "skipped": {}, "dry_run": False,
        },
    } == document(ran.out)  # fmt: skip
    assert 3 == shop.left()


def test_only_passing_needs_a_registry(shop: Shop, letters: list[str]) -> None:
    """Without a registry nobody can tell what would pass."""
    ran = shop.run("dlo", "replay", "orders", "--only-passing", "--yes", UPCAST_REGISTRY="")

    assert 2 == ran.code
    assert "--only-passing needs --registry" in ran.err
    assert 4 == shop.left()


def test_dry_run_moves_nothing(shop: Shop, letters: list[str]) -> None:
    """With --dry-run the causes and the outcome are told, and nothing is done."""
    ran = shop.run("dlo", "replay", "orders", "--dry-run", "--limit", "3")

    assert 0 == ran.code
    assert ran.out.startswith("4 dead letters in orders, of 3 causes")
    assert ran.out.endswith("\n\n3 of 3 letters would be replayed: 3 pending again\n")
    assert (4, 0, []) == (shop.left(), shop.pending(), shop.audit())


def test_letters_that_stay_are_a_no(shop: Shop) -> None:
    """Where letters stay that should have gone, the exit code says so."""
    shop.die(NO_NAME, replays=3)

    ran = shop.run("dlo", "replay", "orders", "--yes")

    assert (1, "0 of 1 letters replayed: 1 skipped as max-replays\n") == (ran.code, ran.out)
    assert 0 == shop.run("dlo", "replay", "orders", "--yes", "--max-replays", "4").code


def test_limit_and_plain_commands(shop: Shop, letters: list[str]) -> None:
    """--limit bounds how many are given back; --no-fence does it without scripts."""
    shop.run("dlo", "replay", "orders", "--yes", "--limit", "3", "--no-fence")

    assert (1, 3) == (shop.left(), shop.pending())


def test_yes_on_a_terminal(shop: Shop, letters: list[str], on_terminal: Callable[..., tuple[int, str]]) -> None:
    """On a terminal the causes are shown and a question is asked; what is agreed to is done."""
    code, shown = on_terminal("dlo", "replay", "orders", "--no-color", typed="y\n")

    assert 0 == code
    assert "4 dead letters in orders, of 3 causes" in shown
    assert "Replay them? [y/N]: " in shown
    assert "4 of 4 letters replayed: 4 pending again\n" in shown
    assert 0 == shop.left()
    assert "\x1b[" not in shown


def test_what_comes_while_the_question_stands(
    shop: Shop, letters: list[str], on_terminal: Callable[..., tuple[int, str]]
) -> None:
    """Nobody agreed to what comes after the causes were shown: it stays."""
    later = f"{int(letters[-1].partition('-')[0]) + 2}-0"
    letter = Letter(stream="orders", id="1-1", group="billing", reason="late", stage="handler")

    code, shown = on_terminal(
        "dlo", "discard", "orders", "--all", "--because", "x", typed="y\n",
        meanwhile=lambda: shop.write(letter, [b"a", b"b"], later),
    )  # fmt: skip

    assert 0 == code
    assert "4 of 4 letters discarded" in shown
    assert [later.encode()] == [letter_id for letter_id, _ in shop.server.xrange("{orders}:dlo")]


def test_no_on_a_terminal(shop: Shop, letters: list[str], on_terminal: Callable[..., tuple[int, str]]) -> None:
    """Who says no has nothing done, and the exit code says no."""
    code, shown = on_terminal("dlo", "replay", "orders", "--only-passing", "--limit", "1", typed="n\n")

    assert 1 == code
    assert "1 of 4 would pass with this code" in shown
    assert "Replay 1 of those that would pass at most? [y/N]: " in shown
    assert shown.endswith("replay did nothing\n")
    assert 4 == shop.left()


def test_colours_on_a_terminal(shop: Shop, letters: list[str], on_terminal: Callable[..., tuple[int, str]]) -> None:
    """A terminal gets colours, unless they are not wanted."""
    assert "\x1b[" in on_terminal("dlo", "groups", "orders")[1]
    assert "\x1b[" not in on_terminal("dlo", "groups", "orders", "--no-color")[1]
    assert "\x1b[" not in on_terminal("dlo", "groups", "orders", NO_COLOR="1")[1]


def test_many_letters_have_a_bar(shop: Shop, on_terminal: Callable[..., tuple[int, str]]) -> None:
    """While many letters are replayed a terminal shows how far it is; a document on it stays alone."""
    letter = Letter(stream="orders", id="1-1", group="billing", reason="x", stage="handler", fingerprint="0" * 12)
    shop.server.xgroup_create("orders", "billing", "0", mkstream=True)
    for _ in range(600):
        shop.write(letter, [b"type", b"t", b"data", b"{}"])

    code, shown = on_terminal("dlo", "check", "orders")
    _, alone = on_terminal("dlo", "check", "orders", "--json")

    assert 1 == code
    assert "checking" in shown
    assert 600 == document(alone)["total"]


def test_interrupted_replay_loses_nothing(shop: Shop) -> None:
    """Ctrl-C stops between letters: what was done is told, and each letter is in its group or in the office."""
    for number in range(30):
        shop.die(NO_NAME.replace(b"A-1", b"A-%d" % number))

    with shop.start("dlo", "replay", "orders", "--yes", "--rate", "20") as process:
        while not shop.audit():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)

    done = len(shop.audit())
    assert (130, "") == (process.returncode, out)
    assert f": {done} of" in err
    assert re.fullmatch(
        r"stopped: dead letter office of orders: (\d+) of \1 letters replayed: \1 pending again; "
        r"the others are where they were\n",
        err,
    )
    assert 0 < done < 30
    assert (30 - done, done) == (shop.left(), shop.pending())


# --- discarding -------------------------------------------------------------------------------------------------------


def test_discard_needs_to_be_told_which(shop: Shop, letters: list[str]) -> None:
    """Without a filter nothing is discarded, unless all is asked for; both contradict each other."""
    for wrong in ((), ("--all", "--reason", "upcaster-failed")):
        ran = shop.run("dlo", "discard", "orders", "--because", "tests", "--yes", *wrong)

        assert 2 == ran.code
        assert "or --all for every one" in ran.err
    assert 4 == shop.left()


def test_discard_needs_a_reason(shop: Shop, letters: list[str]) -> None:
    """Why must be said, and not with blanks."""
    assert 2 == shop.run("dlo", "discard", "orders", "--all", "--yes").code
    assert 2 == shop.run("dlo", "discard", "orders", "--all", "--yes", "--because", " ").code
    assert 4 == shop.left()


def test_discard(shop: Shop, letters: list[str]) -> None:
    """What was chosen is gone, and why is on record."""
    ran = shop.run("dlo", "discard", "orders", "--stage", "upcast", "--because", "load test", "--yes", "--by", "ann")

    assert (0, "2 of 2 letters discarded\n") == (ran.code, ran.out)
    assert 2 == shop.left()
    assert [(b"discard", b"ann", b"load test")] * 2 == [
        (entry[b"action"], entry[b"by"], entry[b"because"]) for entry in shop.audit()
    ]


def test_discard_all_asks(shop: Shop, letters: list[str], on_terminal: Callable[..., tuple[int, str]]) -> None:
    """Before all is discarded it is shown and asked for."""
    code, shown = on_terminal("dlo", "discard", "orders", "--all", "--because", "closed", typed="y\n")

    assert 0 == code
    assert "Discard them? [y/N]: " in shown
    assert 0 == shop.left()


def test_discard_dry_run_as_json(shop: Shop, letters: list[str]) -> None:
    """A dry run tells a program what would be done."""
    ran = shop.run("dlo", "discard", "orders", "--all", "--because", "x", "--dry-run", "--json")

    assert {"selected": 4, "discarded": 4, "gone": 0, "dry_run": True} == document(ran.out)["report"]
    assert 4 == shop.left()


# --- the server -------------------------------------------------------------------------------------------------------


def test_server_that_is_not_there(shop: Shop) -> None:
    """A server that cannot be reached is named without the password, with what to check."""
    ran = shop.run("dlo", "groups", "orders", "--url", "valkey://ann:hunter2@127.0.0.1:1/0?client_name=hunter2")

    assert 2 == ran.code
    assert ran.err.startswith("cannot use valkey://127.0.0.1:1: ")
    assert ran.err.endswith("check --url or UPCAST_URL, and that the server runs")
    assert "hunter2" not in ran.err


@pytest.mark.parametrize(
    "url",
    [
        "http://:hunter2@127.0.0.1",
        "valkey://:hun/ter2@127.0.0.1:6379",
        "valkey://ann:12/hunter2@127.0.0.1:6379",
        "valkey://127.0.0.1:port",
        "valkey://127.0.0.1?hunter2=1",
        "valkey://127.0.0.1?db=hunter2",
        "unix://",
        "hunter2",
        "",
    ],
)
def test_address_that_means_nothing(shop: Shop, url: str) -> None:
    """What is no address is refused with how to write one, and never repeated: it may hold a password."""
    ran = shop.run("dlo", "groups", "orders", "--url", url)

    assert 2 == ran.code
    assert "the address of the server" in ran.err
    assert "ter2" not in ran.err


def test_password_that_is_wrong(shop: Shop) -> None:
    """A refused log-in is told from a server that is not there."""
    url = shop.url.replace("://", "://ann:hunter2@")
    ran = shop.run("dlo", "groups", "orders", "--url", url)

    assert 2 == ran.code
    assert f"{shop.url} refuses the log-in: give UPCAST_URL as valkey://user:password@host:6379" == ran.err


def test_unix_socket(shop: Shop, server: Any, letters: list[str]) -> None:
    """A socket is as good an address as a port."""
    ran = shop.run("dlo", "list", "orders", "--url", f"unix://{server.socket_path}")

    assert (0, 5) == (ran.code, len(ran.out.splitlines()))


def test_client_that_decodes(shop: Shop) -> None:
    """An address that asks for decoded replies is refused with the reason."""
    ran = shop.run("dlo", "groups", "orders", "--url", f"{shop.url}?decode_responses=1")

    assert 2 == ran.code
    assert "Make it with decode_responses=False" in ran.err


def test_key_that_is_no_stream(shop: Shop) -> None:
    """A key of another type is told from an empty office."""
    shop.server.set("{orders}:dlo", "x")

    ran = shop.run("dlo", "groups", "orders")

    assert 2 == ran.code
    assert "keeps something else than a stream there: check the name of the stream" in ran.err


def test_user_without_the_right_to_run_scripts(shop: Shop, letters: list[str]) -> None:
    """Who may not run scripts is told how to do without, and can."""
    shop.server.execute_command("ACL", "SETUSER", "ann", "on", ">pw", "~*", "&*", "+@all", "-@scripting")
    url = shop.url.replace("://", "://ann:pw@")

    refused = shop.run("dlo", "replay", "orders", "--yes", "--url", url)
    done = shop.run("dlo", "replay", "orders", "--yes", "--no-fence", "--url", url)

    assert 2 == refused.code
    assert ": --no-fence does without scripts" in refused.err
    assert (0, 0) == (done.code, shop.left())


def test_group_that_is_gone(shop: Shop, letters: list[str]) -> None:
    """What was done before the server refused is told."""
    shop.server.xgroup_destroy("orders", "billing")

    ran = shop.run("dlo", "replay", "orders", "--yes")

    assert 2 == ran.code
    assert "there is no group 'billing' on 'orders'" in ran.err
    assert 4 == shop.left()


@pytest.mark.parametrize(("module", "extra"), [("valkey", "valkey"), ("rich", "cli")])
def test_what_is_not_installed_is_named(shop: Shop, module: str, extra: str) -> None:
    """Without an extra the command says how to install it."""
    shop.die(NO_NAME)
    code = f"import sys; sys.modules['{module}'] = None; from upcast.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "dlo", "groups", "orders"],
        env=os.environ | shop.env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 2 == done.returncode
    assert done.stderr.endswith(f'needs the "{extra}" extra: pip install "upcast-events[{extra}]"\n')


def test_installed_command(shop: Shop) -> None:
    """The installed command does the same, and its exit code tells the answer."""
    shop.die(NO_NAME)
    shop.die(GOOD, version=2, failure=crashed(2))

    with shop.start("dlo", "check", "orders") as process:
        out, err = process.communicate(timeout=60)

    assert (1, "") == (process.returncode, err)
    assert out.startswith("1 of 2 would pass with this code\n")
