"""The errors of schemas: why a command of the gate could not do its work.

    SchemaError
    ├── NoSuchSchema        a version or type that is not frozen, a folder or git ref without schema snapshots
    ├── BrokenSchema        a file that is no schema snapshot, fixture or configuration of ours
    ├── FrozenSchema        a frozen file would have to be changed
    └── CannotRevise        the next version of an event cannot be written

What the gate has against an event is never an error but a `Finding`.
"""

from __future__ import annotations

from upcast.errors import UpcastError

__all__ = ["BrokenSchema", "CannotRevise", "FrozenSchema", "NoSuchSchema", "SchemaError"]


class SchemaError(UpcastError):
    """The root of what schemas raise on their own account; a command ends with exit code 2."""

    reason = "schema"


class NoSuchSchema(SchemaError, LookupError):
    """Nothing is frozen where it was looked for."""

    reason = "no-such-schema"


class BrokenSchema(SchemaError, ValueError):
    """A file is not what its name says."""

    reason = "broken-schema"


class FrozenSchema(SchemaError):
    """A frozen schema snapshot is never changed: raise the version of the class instead."""

    reason = "frozen-schema"


class CannotRevise(SchemaError):
    """The next version of an event cannot be written; nothing was changed."""

    reason = "cannot-revise"
