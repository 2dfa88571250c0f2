"""Values as they are written in YAML, so that they are read back as exactly what they are."""

from __future__ import annotations

import contextlib
import re
import sys
from typing import Any, Final, Literal, TypeAlias

import yaml

__all__ = ["Obstacle", "Quotes", "quotes_of", "written_as_before", "written_value"]

Quotes: TypeAlias = Literal["", "'", '"']
"""How a text is quoted."""

_BREAK: Final = re.compile("[\n\r\x85\u2028\u2029]")
# Texts to this library, numbers to those that read YAML 1.2.
_NUMBER_ELSEWHERE: Final = re.compile(r"0o[0-7]+|[-+]?[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+|[-+]?\.[0-9]+(?:[eE].*)?")
_TRUTHS: Final = (("true", "false"), ("yes", "no"), ("on", "off"))


class Obstacle(ValueError):
    """Why an edit cannot be made, without a piece of the text."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # what the library passes
        """Whether to write a value again and not to refer to it."""
        return True


def written_value(value: object, *, quotes: Quotes = "", flow: bool = False) -> str:
    """A value in one line.

    Args:
        value: The value.
        quotes: How to quote it, if it is a text; it is quoted anyway where it must be.
        flow: Whether it goes between braces, where less can stand without quotes.

    Raises:
        Obstacle: It cannot be written.
    """
    style: str | None = None
    if isinstance(value, str):
        style = quotes or ("'" if _NUMBER_ELSEWHERE.fullmatch(value) else None)
        style = '"' if _BREAK.search(value) else style
    written = ""
    # The error is dropped and another one raised behind it: what the library raises holds the value.
    with contextlib.suppress(yaml.YAMLError, TypeError, RecursionError):
        written = yaml.dump(
            [value],
            Dumper=_Dumper,
            default_style=style,
            default_flow_style=flow or isinstance(value, list | dict),
            width=sys.maxsize,
            allow_unicode=True,
            sort_keys=False,
        ).removesuffix("\n")
    if not written or _BREAK.search(written):
        raise Obstacle("the value cannot be written in YAML")
    return written[1:-1] if written.startswith("[") else written.removeprefix("- ")


def quotes_of(node: yaml.Node) -> Quotes:
    """How a text is quoted where it stands."""
    style = node.style if isinstance(node, yaml.ScalarNode) else ""
    return "'" if style == "'" else '"' if style == '"' else ""


def written_as_before(value: object, node: yaml.Node, *, flow: bool) -> str:
    """A value that takes the place of another one, in its style if it can have it.

    Raises:
        Obstacle: It cannot be written.
    """
    if isinstance(value, bool) and isinstance(node, yaml.ScalarNode):
        for words in _TRUTHS:
            for form in (str.lower, str.capitalize, str.upper):
                if node.value in {form(words[0]), form(words[1])}:
                    return form(words[not value])
    is_text = node.tag == "tag:yaml.org,2002:str"
    return written_value(value, quotes=quotes_of(node) if is_text else "", flow=flow)
