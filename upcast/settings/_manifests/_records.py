"""What manifests say of containers: which variables they get, from which lines, and what cannot be seen."""

from __future__ import annotations

import enum
from typing import Final, TypeAlias

import attrs

__all__ = ["UNKNOWN", "Bundle", "Container", "Manifests", "Problem", "Reference", "Unknown", "Value", "Variable"]


class Unknown(enum.Enum):
    """That a value is not told by what was given."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
Value: TypeAlias = str | Unknown


@attrs.frozen
class Variable:
    """A variable of the environment.

    Attributes:
        name: Its name, as it is written.
        value: Its value, where that is told.
        file: The path of the file that sets it.
        line: The line in it.
        owner: What it is set by, where that is not the file as a whole.
    """

    name: str
    value: Value = attrs.field(repr=False)
    file: str = ""
    line: int | None = None
    owner: str = ""


@attrs.frozen
class Reference:
    """Something that a container gets variables from, and that is not among what was given.

    Attributes:
        what: What it is, such as `Secret shop`.
        file: The path of the file that names it.
        line: The line in it.
    """

    what: str
    file: str
    line: int | None


@attrs.frozen(kw_only=True)
class Container:
    """A container, with the environment that its program gets.

    Attributes:
        name: Its own name; of compose that of the service.
        label: What it is called to people, such as `Deployment web, container app`.
        file: The path of the file that declares it.
        line: The line in it.
        variables: Its variables; of several of one name the last counts.
        missing: What else it gets variables from.
        mounts: The paths at which something is mounted.
    """

    name: str
    label: str
    file: str
    line: int
    variables: tuple[Variable, ...] = ()
    missing: tuple[Reference, ...] = ()
    mounts: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Bundle:
    """A ConfigMap or a Secret that no container of what was given takes.

    Attributes:
        label: What it is called, such as `ConfigMap shop`.
        variables: What it holds.
    """

    label: str
    variables: tuple[Variable, ...]


@attrs.frozen
class Problem:
    """Something that could not be read.

    Attributes:
        file: The path of the file.
        line: The line in it, where it is known.
        problem: Why, without a piece of the file.
    """

    file: str
    line: int | None
    problem: str


@attrs.frozen(kw_only=True)
class Manifests:
    """What manifests say, all of them together.

    Attributes:
        containers: The containers.
        bundles: What no container takes.
        problems: What could not be read.
    """

    containers: tuple[Container, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    problems: tuple[Problem, ...] = ()
