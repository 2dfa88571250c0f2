"""Annotations of GitHub: escaped, the worst first, and no more than GitHub shows; and the summary of a step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from schemas.reported import MADE_UP, Found, finding
from upcast.schemas.reports.documents import document_of_report
from upcast.schemas.reports.github import to_annotations, to_markdown

ROOT = Path("/srv")


def annotated(*findings: Any) -> list[str]:
    """The annotations of these findings."""
    return to_annotations(document_of_report(Found(findings=findings), "check"), root=ROOT).splitlines()


def test_finding_is_annotated_at_its_line() -> None:
    """File and line, a title with rule and place, and a message of several lines."""
    (line,) = annotated(finding(place="/srv/shop/events.py:12", witness=MADE_UP, remedy="add(...)"))

    assert (
        "::error file=shop/events.py,line=12,title=U101 required-field-added%3A order.placed v1 -> v2 at /currency::"
        "currency is required and was not there%0A"
        'witness: {"id":"1"}: currency: missing%0A'
        "remedy: add(...)"
    ) == line


def test_nothing_breaks_out_of_its_command() -> None:
    """Percent signs, line ends, and in properties colons and commas, are escaped; a fresh command cannot be started."""
    (line,) = annotated(finding(place="a,b:c%.py:1", pointer="/x:y,z", message="100%\r\n::error::no"))

    assert line.startswith("::error file=a%2Cb%3Ac%25.py,line=1,title=U101 ")
    assert " at /x%3Ay%2Cz::100%25%0D%0A::error::no" in line


def test_levels_follow_severity() -> None:
    """What blocks is an error; what is covered or suppressed is not annotated."""
    lines = annotated(
        finding("U303", severity="info"),
        finding("U110", severity="warning"),
        finding(),
        finding("U109", covered_by="proven"),
        finding("U106", suppressed="because"),
    )

    assert ["::error", "::warning", "::notice"] == [line.split(" ")[0] for line in lines]


def test_no_more_than_github_shows() -> None:
    """Ten of a level are shown; one notice counts the others, and is itself among the ten notices."""
    errors = [finding(pointer=f"/f{number:02}") for number in range(12)]
    infos = [finding("U303", severity="info", pointer=f"/f{number:02}") for number in range(10)]

    lines = annotated(*errors, *infos)

    assert [10, 0, 10] == [
        sum(line.startswith(f"::{level} ") for line in lines) for level in ("error", "warning", "notice")
    ]
    assert "::notice title=upcast::2 more errors, 1 more notice in the log of this step" == lines[-1]
    assert "/f00" in lines[0]


def test_full_house_needs_no_summary() -> None:
    """Ten of a level and no more leave nothing out."""
    lines = annotated(*(finding("U303", severity="info", pointer=f"/f{number}") for number in range(10)))

    assert 10 == len(lines)
    assert not any("more" in line for line in lines)


def test_summary_of_a_step_is_a_table() -> None:
    """Each finding is a row; what Markdown would obey is escaped."""
    document = document_of_report(
        Found(findings=(finding(message="a|b <img> `c`\nd", place="/srv/shop/events.py:12"),)), "check"
    )

    shown = to_markdown(document, root=ROOT)

    assert shown.startswith("**1 blocking finding** in 2 types, 5 versions\n\n| | rule | where |")
    assert (
        "| error | U101 required-field-added | order.placed v1 -\\> v2 at /currency (shop/events.py:12) "
        "| a\\|b \\<img\\> \\`c\\` d |  |\n"
    ) in shown


def test_summary_of_a_clean_step_is_a_line() -> None:
    """Without findings there is no table."""
    assert "**ok** in 2 types, 5 versions\n\n" == to_markdown(document_of_report(Found(), "check"), root=ROOT)


def test_summary_is_bounded() -> None:
    """A step summary has a limit: the rows are counted from there on."""
    many = tuple(finding(pointer=f"/f{number}") for number in range(203))

    shown = to_markdown(document_of_report(Found(findings=many), "check"), root=ROOT)

    assert shown.endswith("\nand 3 findings more\n")
    assert 200 == shown.count("| error |")
