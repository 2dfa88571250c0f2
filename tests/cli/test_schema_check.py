"""`upcast schema check`: the gate, from the command line to its exit code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from cli.project import EVENTS, NO_OP, SECOND
from upcast.schemas.reports.documents import report_schema

if TYPE_CHECKING:
    from cli.project import Project

SARIF = Path(__file__).parents[1] / "schemas" / "data" / "sarif-2.1.0-used.schema.json"
TARGET = "shop.events:events"


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def frozen(project: Project) -> Project:
    """A project whose first version is frozen."""
    project.run("freeze", TARGET)
    return project


@pytest.fixture
def blocked(frozen: Project) -> Project:
    """The same with a second version that older payloads do not reach."""
    frozen.write(NO_OP)
    frozen.run("freeze", TARGET)
    return frozen


def test_unchanged_registry_passes(frozen: Project) -> None:
    """What is as it was frozen needs one line."""
    done = frozen.run("check", TARGET)

    assert 0 == done.code
    assert done.out.startswith("ok: nothing found; 2 types, 2 versions, ")


def test_steps_that_do_their_work_pass(frozen: Project) -> None:
    """A break that the chain was run over is covered."""
    frozen.write(SECOND)
    frozen.run("freeze", TARGET)

    brief, verbose = frozen.run("check", TARGET), frozen.run("check", TARGET, "--verbose")

    assert (0, 0) == (brief.code, verbose.code)
    assert " covered" in brief.out
    assert "covered[U101] required-field-added: order.placed v1 -> v2 at /currency\n" in verbose.out
    assert "  covered by: " in verbose.out


def test_steps_that_do_nothing_block(blocked: Project) -> None:
    """Steps alone cover nothing: the payload that does not come through is shown."""
    done = blocked.run("check", TARGET)

    assert 1 == done.code
    assert "error[U101] required-field-added: order.placed v1 -> v2 at /currency\n" in done.out
    assert '  witness: {"id":"' in done.out
    assert "blocked: " in done.out


def test_document_is_as_published(blocked: Project) -> None:
    """`--json` prints what the published schema describes."""
    done = blocked.run("check", TARGET, "--json")

    jsonschema.Draft202012Validator(report_schema()).validate(done.json)
    assert (1, False, "check") == (done.code, done.json["ok"], done.json["command"])
    assert "order.placed" in {finding["event"] for finding in done.json["findings"] if finding["blocking"]}


def test_code_scanning_gets_a_file(blocked: Project) -> None:
    """SARIF goes to a file, with places relative to the working folder, and the log has the text."""
    done = blocked.run("check", TARGET, "--format", "sarif", "--output", "upcast.sarif")

    sarif = json.loads((blocked.folder / "upcast.sarif").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(SARIF.read_text(encoding="utf-8"))).validate(sarif)
    places = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in sarif["runs"][0]["results"]
    }
    assert "shop/events.py" in places
    assert [] == [place for place in places if not (blocked.folder / place).exists()]
    assert 1 == done.code
    assert "blocked: " in done.out


def test_pull_request_gets_annotations(blocked: Project) -> None:
    """GitHub is told line by line."""
    done = blocked.run("check", TARGET, "--format", "github")

    assert 1 == done.code
    assert done.out.startswith("::error ")
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in done.out.splitlines())


def test_suppressed_finding_passes(blocked: Project) -> None:
    """Somebody answers for each finding in `gate.toml`; the report still has them."""
    found = blocked.run("check", TARGET, "--json").json["findings"]
    entries = [
        f'[[suppress]]\nfingerprint = "{finding["fingerprint"]}"\nreason = "a test"\nexpires = 2999-12-31\n'
        for finding in found
        if finding["blocking"]
    ]
    (blocked.folder / "schemas" / "gate.toml").write_text("\n".join(entries), encoding="utf-8")

    done = blocked.run("check", TARGET, "--json")

    assert entries
    assert 0 == done.code
    assert len(entries) == done.json["counts"]["suppressed"]


def test_broken_configuration_is_no_verdict(frozen: Project) -> None:
    """A slip in `gate.toml` ends with exit code 2, and says where."""
    (frozen.folder / "schemas" / "gate.toml").write_text('polcy = "full"', encoding="utf-8")

    done = frozen.run("check", TARGET)

    assert 2 == done.code
    assert done.err.startswith("upcast: schemas/gate.toml: polcy: not known; there are policy, ")


def test_policy_of_the_command_goes_before_the_file(frozen: Project) -> None:
    """`--policy` is for a look at what another policy would say."""
    optional = EVENTS.replace("    id: str", "    id: str | None").replace("version=1", "version=2", 1)
    frozen.write(f'{optional}\n\nevents.unchanged("order.placed", from_version=1)\n')
    frozen.run("freeze", TARGET)
    (frozen.folder / "schemas" / "gate.toml").write_text('policy = "full"', encoding="utf-8")

    assert 1 == frozen.run("check", TARGET).code
    assert 0 == frozen.run("check", TARGET, "--policy", "backward").code


def test_edited_file_is_found_against_a_ref(frozen: Project) -> None:
    """What is released must be as it was released."""
    git(frozen.folder, "init", "-q")
    git(frozen.folder, "add", ".")
    git(frozen.folder, "commit", "-q", "-m", "first")
    frozen.write(EVENTS.replace("    id: str", "    id: str\n    note: str"))
    frozen.run("freeze", TARGET, "--replace")

    done = frozen.run("check", TARGET, "--against", "HEAD")
    no_ref = frozen.run("check", TARGET, "--against", "origin/nothing")

    assert 1 == done.code
    assert "error[U901] snapshot-edited: order.placed v1" in done.out
    assert (2, "") == (no_ref.code, no_ref.out)
    assert "origin/nothing" in no_ref.err


def test_slip_in_a_name_does_not_open_the_gate(frozen: Project) -> None:
    """A type that nobody knows, and a registry without events, are no clean run."""
    slip = frozen.run("check", TARGET, "--only", "order.payed")
    frozen.write("from upcast import Registry\n\nevents = Registry()\n")
    empty = frozen.run("check", TARGET, "--schemas", "contracts")

    assert (2, "upcast: order.payed: neither declared in shop.events:events nor frozen in schemas\n") == (
        slip.code,
        slip.err,
    )
    assert (2, "upcast: shop.events:events declares no events, and nothing is frozen in contracts\n") == (
        empty.code,
        empty.err,
    )


def test_only_some_are_looked_at(blocked: Project) -> None:
    """`--only` leaves out what blocks elsewhere."""
    done = blocked.run("check", TARGET, "--only", "order.paid")

    assert 0 == done.code
    assert "1 type, 1 version" in done.out


def test_unchanged_types_are_not_run_again(frozen: Project) -> None:
    """The second run takes them from the cache, unless it is told not to."""
    first = frozen.run("check", TARGET, "--json").json["counts"]
    second = frozen.run("check", TARGET, "--json").json["counts"]
    afresh = frozen.run("check", TARGET, "--json", "--no-cache").json["counts"]

    assert (0, 2, 0) == (first["cached"], second["cached"], afresh["cached"])
    assert (frozen.folder / "schemas" / ".cache" / ".gitignore").is_file()


def test_registry_with_defects_is_a_finding(frozen: Project) -> None:
    """What `codec()` would refuse blocks, with its remedy; the command itself could run."""
    frozen.write(EVENTS.replace("version=1", "version=2", 1))

    done = frozen.run("check", TARGET)

    assert 1 == done.code
    assert "error[U904] edge-missing: order.placed" in done.out


def test_module_that_cannot_be_imported_is_no_verdict(project: Project) -> None:
    """Exit code 2, with the traceback of the module."""
    project.write("1 / 0")

    done = project.run("check", TARGET)

    assert 2 == done.code
    assert "ZeroDivisionError" in done.err


def test_ctrl_c_is_no_verdict(project: Project) -> None:
    """Somebody who stops it gets 130."""
    project.write("raise KeyboardInterrupt")

    assert 130 == project.run("check", TARGET).code
