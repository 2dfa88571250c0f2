"""`upcast schema revise`: asks what cannot be known, shows what it would do, and writes it when told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.project import EVENTS

if TYPE_CHECKING:
    from cli.project import Project

TARGET = "shop.events:events"
EDITED = EVENTS.replace("    id: str", "    order_id: str\n    currency: str")
EUR = ("--answer", 'currency=json:"EUR"')


@pytest.fixture
def edited(project: Project) -> Project:
    """A project whose class was edited behind its frozen version."""
    project.run("freeze", TARGET)
    project.write(EDITED)
    return project


def source(project: Project) -> str:
    """The registry as it is now."""
    return (project.folder / "shop" / "events.py").read_text(encoding="utf-8")


def test_it_shows_what_it_would_do(edited: Project) -> None:
    """Without `--write` nothing is written, and the steps are proven all the same."""
    done = edited.run("revise", TARGET, "order.placed", *EUR)

    assert 0 == done.code
    assert '+    rename("id", to="order_id"),\n' in done.out
    assert "new file schemas/order.placed/v2.json\n" in done.out
    assert "order.placed v1 -> v2: proven with " in done.out
    assert done.out.endswith("nothing is written: --write does it\n")
    assert EDITED == source(edited)


def test_what_it_wrote_passes_the_gate(edited: Project) -> None:
    """Behind `--write` the check has nothing to say."""
    written = edited.run("revise", TARGET, "order.placed", *EUR, "--write")
    checked = edited.run("check", TARGET)

    assert 0 == written.code
    assert written.out.endswith("written\n")
    assert "version=2" in source(edited)
    assert 0 == checked.code


def test_nobody_to_ask_is_a_problem(edited: Project) -> None:
    """Without a terminal the question is told, with the ways to answer it."""
    done = edited.run("revise", TARGET, "order.placed")

    assert 2 == done.code
    assert "currency is required and not in old payloads" in done.err
    assert "add --yes to leave it open, or --answer currency=ANSWER, one of " in done.err
    assert "json:VALUE" in done.err


def test_answer_that_means_nothing_is_refused(edited: Project) -> None:
    """An answer is one of those there are."""
    wrong = edited.run("revise", TARGET, "order.placed", "--answer", "currency=EUR")
    no_json = edited.run("revise", TARGET, "order.placed", "--answer", "currency=json:EUR")
    no_place = edited.run("revise", TARGET, "order.placed", "--answer", "EUR")

    assert [2, 2, 2] == [wrong.code, no_json.code, no_place.code]
    assert "It is one of " in wrong.err
    assert "It is one of " in no_json.err
    assert "write PLACE=ANSWER" in no_place.err


def test_answers_for_one_place_are_taken_in_turn(project: Project) -> None:
    """Two values that are gone from one field need not become the same."""
    old = EVENTS.replace("    id: str", '    id: Literal["a", "b", "x", "y"]').replace(
        "from msgspec", "from typing import Literal\n\nfrom msgspec"
    )
    project.write(old)
    project.run("freeze", TARGET)
    project.write(old.replace('["a", "b", "x", "y"]', '["x", "y"]'))

    done = project.run("revise", TARGET, "order.placed", "--answer", 'id=json:"y"', "--answer", 'id=json:"x"', "--json")

    assert 0 == done.code
    assert ["""map_values('id', {'a': 'y', 'b': 'x', 'x': 'x', 'y': 'y'})"""] == done.json["steps"]


def test_unknown_is_left_to_be_written(edited: Project) -> None:
    """With `--yes` only what is certain is done, and exit code 1 says that something is left."""
    done = edited.run("revise", TARGET, "order.placed", "--yes")

    assert 1 == done.code
    assert "order.placed v1 -> v2: something is left to be written\n" in done.out
    assert "to be written: " in done.out
    assert EDITED == source(edited)


def test_document_tells_all(edited: Project) -> None:
    """`--json` has the steps, what was asked, and the files."""
    told = edited.run("revise", TARGET, "order.placed", *EUR, "--json").json

    assert (True, True, False, 1, 2) == (
        told["changed"],
        told["accepted"],
        told["written"],
        told["from_version"],
        told["to_version"],
    )
    assert ["rename('id', to='order_id')", "add('currency', 'EUR')"] == told["steps"]
    assert [("currency", 'json:"EUR"')] == [(each["place"], each["answer"]) for each in told["asked"]]
    assert told["proven"] > 0
    assert "schemas/order.placed/v2.json" in told["files"]


def test_class_that_is_as_frozen_needs_nothing(project: Project) -> None:
    """There is nothing to do, and that is a yes."""
    project.run("freeze", TARGET)

    done = project.run("revise", TARGET, "order.placed")

    assert (0, "the class is what is frozen as version 1\n") == (done.code, done.out)
    assert not project.run("revise", TARGET, "order.placed", "--json").json["changed"]


def test_person_is_asked(edited: Project) -> None:
    """On a terminal the question has its answers, and writing is asked for as well."""
    code, shown = edited.on_terminal(
        "revise", TARGET, "order.placed", answers={"Which": '"EUR"\n', "Write it? [y/N]": "y\n"}
    )

    assert 0 == code
    assert "currency is required and not in old payloads. What is it there?\n" in shown
    assert "  -  I do not know: leave a stub\n" in shown
    assert shown.endswith("written\n")
    assert 'add("currency", "EUR")' in source(edited)


def test_person_may_say_no(edited: Project) -> None:
    """Then nothing is written, and the exit code says so; an answer that means nothing is asked for again."""
    code, shown = edited.on_terminal(
        "revise",
        TARGET,
        "order.placed",
        answers={"Which": "nonsense\n", "That is none of them.": '"EUR"\n', "Write it? [y/N]": "n\n"},
    )

    assert 1 == code
    assert not shown.endswith("written\n")
    assert EDITED == source(edited)
