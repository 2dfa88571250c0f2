"""The store of frozen files: schema snapshots, the fixtures recorded for them, and what those become.

    <folder>/<type>/v3.json                        the schema snapshot of version 3
    <folder>/<type>/fixtures/v3/<name>.json        a payload of version 3, byte for byte
    <folder>/<type>/fixtures/v3/<name>.golden.json what it is at each later version

A file that looks as if it belonged there and does not is refused, never passed over: what nobody reads protects
nothing. README, gate.toml, Python files, hidden files and the like are none of the store's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import attrs
import msgspec

from upcast._json import read_payload
from upcast.errors import MalformedEvent
from upcast.schemas._store._file_names import FIXTURES, GOLDEN, file_name, type_folder, version_of
from upcast.schemas._store._files import Files, FolderFiles
from upcast.schemas._store._git import files_at
from upcast.schemas._store._intact import defect_of
from upcast.schemas._store._listing import Listing
from upcast.schemas.errors import BrokenSchema, FrozenSchema, NoSuchSchema, SchemaError
from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["Fixture", "SchemaStore"]

_golden_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


@attrs.frozen
class Fixture:
    """A recorded payload of one version.

    Attributes:
        name: Its name.
        payload: The payload, as it was recorded.
        path: Its file, relative to the folder of the store.
    """

    name: str
    payload: bytes
    path: str

    @property
    def golden_path(self) -> str:
        """The file of what it is at each later version, relative to the folder of the store."""
        return _golden_path(self.path)


@attrs.frozen
class SchemaStore:
    """A folder of frozen files, or the same folder at a git ref, which can only be read.

    Nothing is remembered: each call sees the files as they are.
    """

    _files: Files

    @classmethod
    def at(cls, folder: Path) -> Self:
        """The store in a folder, which need not exist yet."""
        return cls(FolderFiles(Path(folder)))

    @classmethod
    def at_ref(cls, ref: str, folder: Path) -> Self:
        """The store as a commit has it: empty where the folder was not there.

        Args:
            ref: A branch, tag or commit, as git understands it.
            folder: The folder in the working tree, where it is or was.

        Raises:
            NoSuchSchema: There is no such ref, or the folder is in no repository; for a shallow clone, with the
                command that fetches it.
            SchemaError: git is not installed, or fails.
        """
        return cls(files_at(ref, Path(folder)))

    @property
    def label(self) -> str:
        """Where it is, for messages: a folder, or `ref:folder`."""
        return self._files.label

    def path_of(self, event_type: str, version: int, *, fixture: str | None = None) -> str:
        """The path of a schema snapshot or of a fixture, relative to the folder of the store.

        Raises:
            SchemaError: No file can have that name.
        """
        if version < 1:
            raise SchemaError(f"{event_type}: {version} is no version: versions count from 1")
        folder = type_folder(event_type)
        if fixture is None:
            return f"{folder}/v{version}.json"
        name = file_name(fixture)
        if len(name) > 120:  # a file name may have 255 bytes, and what is behind it needs some
            raise SchemaError(f"{event_type}: the fixture name {fixture[:20]!r}… is too long")
        return f"{folder}/{FIXTURES}/v{version}/{name}.json"

    # --- schema snapshots -------------------------------------------------------------------------------------------

    def types(self) -> tuple[str, ...]:
        """Every event type of which a version is frozen, sorted.

        Raises:
            BrokenSchema: A file or folder does not belong here, or two types differ only in case.
        """
        return self._listing.types()

    def versions(self, event_type: str) -> tuple[int, ...]:
        """The frozen versions of a type, from the first; none where the type is not frozen.

        Raises:
            BrokenSchema: A file does not belong in the folder of the type.
        """
        return self._listing.versions(type_folder(event_type))

    def schema(self, event_type: str, version: int) -> SchemaSnapshot:
        """A schema snapshot.

        Raises:
            NoSuchSchema: It is not frozen.
            BrokenSchema: Its file is no schema snapshot of this type and version.
        """
        content = self.schema_bytes(event_type, version)
        path = self.path_of(event_type, version)
        remedy = "restore the file from version control"
        try:
            snapshot = SchemaSnapshot.from_json(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._broken(path, f"it is no schema snapshot of a known format: {error}; {remedy}") from None
        if (snapshot.type, snapshot.version) != (event_type, version):
            problem = f"it says that it is {snapshot.type!r} version {snapshot.version}"
            raise self._broken(path, f"{problem}; {remedy}")
        if problem := defect_of(snapshot):
            raise self._broken(path, f"{problem}; {remedy}")
        return snapshot

    def schema_bytes(self, event_type: str, version: int) -> bytes:
        """The file of a schema snapshot as it is.

        Raises:
            NoSuchSchema: It is not frozen.
            BrokenSchema: It cannot be read.
        """
        content = self._files.read(self.path_of(event_type, version))
        if content is None:
            frozen = ", ".join(map(str, self.versions(event_type))) or "no version of it"
            raise NoSuchSchema(f"{event_type} version {version} is not frozen in {self.label}; frozen is {frozen}")
        return content

    def freeze(self, snapshot: SchemaSnapshot, *, replace: bool = False) -> Path:
        """Write a schema snapshot; a file of the same meaning is left as it is.

        Args:
            snapshot: It.
            replace: Whether a frozen file of other meaning may be replaced: only while it is not released.

        Returns:
            The path of its file.

        Raises:
            FrozenSchema: It is frozen with another meaning.
            BrokenSchema: The file that is there is no schema snapshot, and must be replaced expressly.
            SchemaError: The store is at a git ref, or a type is frozen whose name differs only in case.
        """
        from upcast.schemas._capture._same import same

        event_type, version = snapshot.type, snapshot.version
        path = self.path_of(event_type, version)
        root = self._claim(event_type)
        content = snapshot.to_json()
        present = self._files.read(path)
        if present == content:
            return root / path
        if present is not None and not replace:
            if not same(self.schema(event_type, version), snapshot):
                raise FrozenSchema(
                    f"{event_type} version {version} is frozen in {root / path} and means something else: "
                    f"raise the version of the class to {max(self.versions(event_type)) + 1}"
                )
            return root / path
        return FolderFiles(root).write(path, content)

    # --- fixtures ---------------------------------------------------------------------------------------------------

    def fixtures(self, event_type: str, version: int) -> tuple[Fixture, ...]:
        """The recorded payloads of a version, by name.

        Raises:
            BrokenSchema: A file is no payload, or does not belong here.
        """
        folder = self.path_of(event_type, version, fixture="x").rpartition("/")[0]
        return tuple(
            Fixture(name, self._payload(f"{folder}/{file}"), f"{folder}/{file}")
            for name, file in self._listing.fixtures(folder)
        )

    def record(self, event_type: str, version: int, name: str, payload: bytes) -> Path:
        """Write a fixture, byte for byte; one that is there already is left as it is.

        Raises:
            FrozenSchema: A fixture of that name has another payload, or a name that differs only in case.
            SchemaError: It is no payload, or the store is at a git ref.
        """
        path = self.path_of(event_type, version, fixture=name)
        root = self._claim(event_type)
        try:
            read_payload(payload, keep_literals=False)
        except (MalformedEvent, RecursionError) as error:
            raise SchemaError(f"{event_type} version {version}: the fixture {name!r} is no payload: {error}") from None
        folder, _, file = path.rpartition("/")
        twins = [other for other in self._files.entries(folder) if other.lower() == file.lower()]
        if twins and (twins != [file] or self._files.read(path) != payload):
            raise FrozenSchema(f"{root / folder / twins[0]} is another fixture: give this one another name")
        return root / path if twins else FolderFiles(root).write(path, payload)

    def golden(self, event_type: str, version: int, name: str) -> Mapping[int, bytes] | None:
        """What a fixture is at each later version; None where that was never recorded.

        Raises:
            BrokenSchema: The file is no such record.
        """
        path = self._golden_path(event_type, version, name)
        content = self._files.read(path)
        if content is None:
            return None
        try:
            found = _golden_decoder.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._broken(path, f"it is no object of payloads by version: {error}") from None
        outputs = {version_of(f"v{key}"): bytes(value) for key, value in found.items()}
        if None in outputs:
            raise self._broken(path, "a key is no version")
        return {later: outputs[later] for later in sorted(later for later in outputs if later)}

    def add_golden(self, event_type: str, version: int, name: str, outputs: Mapping[int, bytes]) -> None:
        """Record what a fixture is at later versions; what is recorded is never changed.

        Args:
            event_type: The type.
            version: The version of the fixture.
            name: The fixture.
            outputs: JSON text by version.

        Raises:
            FrozenSchema: Another output is recorded for one of the versions.
            NoSuchSchema: There is no such fixture.
            SchemaError: An output is no JSON, or the store is at a git ref.
        """
        root = self._claim(event_type)
        if self._files.read(self.path_of(event_type, version, fixture=name)) is None:
            raise NoSuchSchema(f"{event_type} version {version} has no fixture {name!r}")
        path = self._golden_path(event_type, version, name)
        recorded = dict(self.golden(event_type, version, name) or {})
        added = {later: _one_text(event_type, later, output) for later, output in outputs.items()}
        for later in sorted(recorded.keys() & added.keys()):
            if recorded[later] != added[later]:
                raise FrozenSchema(f"{root / path} records another output for version {later}")
        if not added.keys() <= recorded.keys():
            everything = recorded | added
            lines = (b'  "%d": %b' % (later, everything[later]) for later in sorted(everything))
            FolderFiles(root).write(path, b"{\n" + b",\n".join(lines) + b"\n}\n")

    # --- inside -----------------------------------------------------------------------------------------------------

    @property
    def _listing(self) -> Listing:
        return Listing(self._files)

    def _claim(self, event_type: str) -> Path:
        """The folder to write to, after a look at whose name the type would take."""
        if self._files.root is None:
            raise SchemaError(f"{self.label} is a git ref, which can only be read")
        self._listing.refuse_twins_of(event_type)
        return self._files.root

    def _golden_path(self, event_type: str, version: int, name: str) -> str:
        return _golden_path(self.path_of(event_type, version, fixture=name))

    def _payload(self, path: str) -> bytes:
        content = self._files.read(path) or b""
        try:
            read_payload(content, keep_literals=False)
        except (MalformedEvent, RecursionError) as error:
            raise self._broken(path, f"a fixture is a payload, but {error}") from None
        return content

    def _broken(self, path: str, problem: str) -> BrokenSchema:
        return BrokenSchema(f"{self.label}/{path}: {problem}")


def _one_text(event_type: str, version: int, output: bytes) -> bytes:
    try:
        return bytes(msgspec.json.decode(output, type=msgspec.Raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SchemaError(f"{event_type}: the output for version {version} is no JSON: {error}") from None


def _golden_path(path: str) -> str:
    """The file of outputs that belongs to the file of a fixture."""
    return f"{path.removesuffix('.json')}{GOLDEN}.json"
