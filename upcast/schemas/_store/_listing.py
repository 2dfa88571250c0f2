"""What stands in the folder of frozen files, by name; what looks as if it belonged there and does not is refused."""

from __future__ import annotations

import attrs
import msgspec

from upcast.schemas._store._file_names import FIXTURES, GOLDEN, is_ours, name_of, type_folder, version_of
from upcast.schemas._store._files import Files, Kind
from upcast.schemas.errors import BrokenSchema
from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["Listing"]


@attrs.frozen
class Listing:
    """The names in a folder of frozen files. Everything raises `BrokenSchema` for what does not belong there."""

    files: Files

    def types(self) -> tuple[str, ...]:
        """Every event type with a frozen version, sorted."""
        found: dict[str, str] = {}
        for name, kind in self.files.entries("").items():
            if kind == "folder" and not name.startswith(".") and self.versions(name):
                event_type = self._type_of(name)
                self._refuse_twin(event_type, found.setdefault(event_type.lower(), event_type))
            else:
                self._refuse_stray("", name, kind)
        return tuple(sorted(found.values()))

    def versions(self, folder: str) -> tuple[int, ...]:
        """The frozen versions in the folder of a type."""
        found = []
        for name, kind in self.files.entries(folder).items():
            stem = name.removesuffix(".json")
            version = version_of(stem) if stem != name and kind == "file" else None
            if version is not None:
                found.append(version)
            elif name == FIXTURES and kind == "folder":
                self._check_fixtures(f"{folder}/{name}")
            else:
                self._refuse_stray(folder, name, kind)
        return tuple(sorted(found))

    def fixtures(self, folder: str) -> list[tuple[str, str]]:
        """The names and files of the fixtures of one version, by the names of the files."""
        entries = self.files.entries(folder)
        found = []
        for file, kind in sorted(entries.items()):
            stem = file.removesuffix(".json")
            name = name_of(stem) if stem != file and kind == "file" else None
            if name is not None:
                found.append((name, file))
            elif not (kind == "file" and stem.endswith(GOLDEN) and f"{stem.removesuffix(GOLDEN)}.json" in entries):
                self._refuse_stray(folder, file, kind)
        return found

    def refuse_twins_of(self, event_type: str) -> None:
        """Raise where another type has the folder of this one, or would have it where case does not count."""
        folder = type_folder(event_type)
        for other in self.files.entries(""):
            if other != folder and other.lower() == folder.lower():
                self._refuse_twin(event_type, name_of(other) or other)
        if name_of(folder) is None and self.versions(folder):
            self._refuse_twin(event_type, self._type_of(folder))

    def _check_fixtures(self, folder: str) -> None:
        for name, kind in self.files.entries(folder).items():
            if kind != "folder" or version_of(name) is None:
                self._refuse_stray(folder, name, kind)

    def _type_of(self, folder: str) -> str:
        event_type = name_of(folder)
        if event_type is None:  # a name that was cut stands in its files only
            path = f"{folder}/v{self.versions(folder)[0]}.json"
            try:
                event_type = SchemaSnapshot.from_json(self.files.read(path) or b"").type
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise self._broken(path, f"it is no schema snapshot of a known format: {error}") from None
        if type_folder(event_type) != folder:
            raise self._broken(folder, f"the folder of {event_type!r} is {type_folder(event_type)!r}: rename it")
        return event_type

    def _refuse_twin(self, event_type: str, other: str) -> None:
        if event_type != other:
            raise BrokenSchema(
                f"{self.files.label}: the types {other!r} and {event_type!r} differ only in case, and some file "
                "systems cannot tell their folders apart: rename one of them"
            )

    def _refuse_stray(self, folder: str, name: str, kind: Kind) -> None:
        # At the top any folder may stand; below it only those of fixtures.
        if kind == "other" or (is_ours(name) and (kind == "file" or folder)):
            path = f"{folder}/{name}" if folder else name
            what = "is no file" if kind == "other" else "is no file of the store"
            raise self._broken(path, f"it {what}: move it away, or give it the name it should have")

    def _broken(self, path: str, problem: str) -> BrokenSchema:
        return BrokenSchema(f"{self.files.label}/{path}: {problem}")
