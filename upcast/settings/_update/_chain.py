"""Files that carry a `schema_version`: what their chain does, written into them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from upcast._chain import Chain, FunctionEdge, Operation, StepsEdge, operations
from upcast._line import is_version
from upcast._paths import ABSENT, Path, get
from upcast._steps import Step
from upcast.errors import UpcasterFailed
from upcast.settings._documents._document import CannotEdit, Document
from upcast.settings._documents._wanted import same
from upcast.settings._loading._files import VERSION_KEY
from upcast.settings._loading._migration import copied
from upcast.settings._update import _operations as op
from upcast.settings._update._carry import carried
from upcast.settings._update._keys import Change
from upcast.settings._update._places import lines
from upcast.settings._update._refusals import Refused, Refusing, refused_edit
from upcast.settings.history import History
from upcast.typing import Payload

__all__ = ["Versions"]


@attrs.frozen
class Versions:
    """The versions of the files of a settings class.

    Attributes:
        history: The history of the class.
        section: The table that the class reads.
    """

    history: History
    section: Path

    def forwards(self, document: Document) -> tuple[Document, Change | None]:
        """Bring a file to today's version.

        Raises:
            Refusing: It cannot be done; the document stays as it is.
        """
        version = self._version(document)
        if version >= self.history.version:
            return document, None
        return self._changed(document, self.history.operations.get(version, ()), self.history.version)

    def backwards(self, document: Document, to_version: int) -> tuple[Document, Change | None]:
        """Bring a file to an older version.

        Raises:
            Refusing: An edge has no way back, or not without a loss; the document stays as it is.
        """
        version = self._version(document)
        if version <= to_version:
            return document, None
        steps: list[Step] = []
        for start in range(version - 1, to_version - 1, -1):
            edge = self.history.edges.get(start)
            back = [step.inverse() for step in reversed(edge.steps)] if isinstance(edge, StepsEdge) else []
            if (edge is not None and not isinstance(edge, StepsEdge)) or None in back:
                raise self._refusing(document, "cannot-undo", f"version {start + 1} has no way back to {start}")
            steps += [step for step in back if step is not None]
        # The number is only for errors; that of an edge with a function never comes here.
        done, change = self._changed(document, operations([StepsEdge(version - 1, tuple(steps), "")], None), to_version)
        again = self._applied(self._payload(done), self.history.operations.get(to_version, ()), done)
        today = self._applied(self._payload(document), self.history.operations.get(version, ()), document)
        if not same(again, today):
            raise self._refusing(document, "cannot-undo", f"version {to_version} cannot say exactly this")
        return done, change

    def _version(self, document: Document) -> int:
        table = get(document.data, self.section) if self.section else document.data
        version = self.history.version
        if isinstance(table, dict) and table:
            version = table.get(VERSION_KEY, self.history.unversioned or version)
        if not is_version(version):
            problem = "it is not an integer from 1"
            raise self._refusing(document, "invalid-version", problem, "Write the version that the file has.")
        if version > self.history.reads_up_to:
            problem = f"the file is of a later version than {self.history.reads_up_to}, the last one this release reads"
            raise self._refusing(document, "newer-version", problem, "Take the file of this release.")
        return version

    def _changed(self, document: Document, todo: Iterable[Operation], version: int) -> tuple[Document, Change]:
        before = lines(document, (*self.section, VERSION_KEY))
        told = str(self._payload(document, whole=True).get(VERSION_KEY, "no version"))
        done = document
        payload = self._payload(document)
        for operation in todo:
            after = self._applied(copied(payload), (operation,), document)
            # What a function has done can only be seen; a step takes one thing and makes one.
            is_step = not isinstance(self.history.edges.get(operation.from_version), FunctionEdge)
            done = self._carried(done, op.differences(payload, after, loose=is_step))
            payload = after
        path = (VERSION_KEY,)
        there = VERSION_KEY in self._payload(document, whole=True)
        done = self._carried(done, [op.Replace(path, version) if there else op.Insert(path, version, after=None)])
        if not same(self._payload(done), payload):
            raise self._refusing(document, "cannot-edit", "the file cannot be made to say what the chain makes of it")
        line = before[0] if before else None
        return done, Change("version", f"{VERSION_KEY} {told}", f"{VERSION_KEY} {version}", line)

    def _applied(self, payload: Payload, todo: Iterable[Operation], document: Document) -> Payload:
        todo = tuple(todo)
        caught = ""
        try:
            return Chain(todo, keep_literals=False, stamp={}, record_messages=False).apply(payload, todo, None)
        except UpcasterFailed as failed:
            caught = failed.problem
        raise self._refusing(document, "chain-failed", caught, "Correct the file or the upcaster.")

    def _carried(self, document: Document, todo: Iterable[op.Operation]) -> Document:
        inside = [_inside(self.section, each) for each in todo]
        caught: CannotEdit
        try:
            return carried(document, inside, above=self.section)
        except CannotEdit as error:
            caught = error
        raise Refusing(refused_edit(caught, caught.path, () if caught.line is None else (caught.line,)))

    def _payload(self, document: Document, *, whole: bool = False) -> Payload:
        table: Any = get(document.data, self.section) if self.section else document.data
        payload: Payload = copied(table) if table is not ABSENT else {}
        if not whole:
            payload.pop(VERSION_KEY, None)
        return payload

    def _refusing(self, document: Document, kind: str, problem: str, remedy: str = "Edit it by hand.") -> Refusing:
        path = (*self.section, VERSION_KEY)
        return Refusing(Refused(kind, VERSION_KEY, lines(document, path), problem, remedy))


def _inside(section: Path, operation: op.Operation) -> op.Operation:
    """The same operation, on the paths of the file."""
    match operation:
        case op.Move(path, to):
            return op.Move((*section, *path), (*section, *to))
        case op.Insert(path, value, after):
            return op.Insert((*section, *path), value, None if after is None else (*section, *after))
        case op.Replace() | op.Remove():
            return attrs.evolve(operation, path=(*section, *operation.path))
