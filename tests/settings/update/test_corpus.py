"""Over 50 hand-made files of each kind: what must change does, a second run changes nothing, and all comes back."""

from __future__ import annotations

import functools
import io
import json
import re
import tomllib
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

import dotenv
import pytest
import yaml
from pydantic_settings import (
    DotEnvSettingsSource,
    JsonConfigSettingsSource,
    TomlConfigSettingsSource,
    YamlConfigSettingsSource,
)

from settings.corpus_settings import FILES, NEW_KEYS, OLD_KEYS, CorpusSettings, label, section_in
from settings.update.corpus_diffs import DIFFS, KINDS, told
from upcast._paths import ABSENT, get, put
from upcast.errors import SettingsRefused
from upcast.settings import LegacyKeyWarning
from upcast.settings._loading._migration import migrated
from upcast.settings.documents import read_document
from upcast.settings.history import history_of
from upcast.settings.legacy import flattened
from upcast.settings.update import Update, plan_file, plan_update

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from upcast.settings.documents import Document

READS = {
    "toml": lambda text: tomllib.loads(text.removeprefix("\ufeff")),
    "json": lambda text: json.loads(text.removeprefix("\ufeff")),
    "yaml": yaml.safe_load,
    "dotenv": lambda text: dict(dotenv.dotenv_values(stream=io.StringIO(text))),
}

# What is left to be edited by hand: the kind, the key as it is written, and the lines.
REFUSED: dict[str, tuple[tuple[str, str, tuple[int, ...]], ...]] = {
    "json/smtp-host-without-port.json": (("incomplete", "smtp_host", (1,)),),
    "toml/smtp-host-alone.toml": (("incomplete", "smtp_host", (2,)),),
    "dotenv/case-twice.env": (("ambiguous", "APP_CACHE_TIMEOUT, app_cache_timeout", (1, 2)),),
    "dotenv/empty-values.env": (("conversion-failed", "APP_ADDRESS", (4,)),),
    "dotenv/json-value.env": (("inside-text", "APP_NETWORK", (1,)),),
    "dotenv/name-without-a-value.env": (("conversion-failed", "APP_SMTP_HOST", (3,)),),
    "dotenv/reference-in-single-quotes.env": (("cannot-edit", "APP_TIMEOUT_MINUTES", (1,)),),
    "dotenv/reference-inside-the-old-value.env": (("cannot-edit", "APP_TIMEOUT_MINUTES", (3,)),),
    "dotenv/reference-to-the-old-name-with-a-default.env": (("cannot-edit", "APP_DB_URL", (1,)),),
    "dotenv/reference-to-the-old-name.env": (("cannot-edit", "APP_CACHE_TIMEOUT", (1,)),),
    "yaml/alias-of-a-whole-section.yaml": (("cannot-edit", "network.proxy", (2,)),),
    "yaml/anchor-around-the-section.yaml": (("cannot-edit", "network.proxy", (3,)),),
    "yaml/anchor-on-the-old-value.yaml": (("cannot-edit", "cache_timeout", (1,)),),
    "yaml/empty-section-already-there.yaml": (("cannot-edit", "db_url", (3,)),),
    "yaml/merge-brings-the-old-key.yaml": (("cannot-edit", "network.proxy", (2,)),),
    "yaml/merge-with-a-key-of-its-own.yaml": (("cannot-edit", "network.proxy", (4,)),),
}


@functools.cache
def planned(path: Path) -> Update:
    """What an update makes of a file."""
    return plan_file(CorpusSettings, path, section=section_in(path)).update


@functools.cache
def again(update: Update, path: Path, *, downgrade: bool = False) -> Update:
    """What it makes of the result."""
    return plan_update(CorpusSettings, update.text_after, update.kind, section=section_in(path), downgrade=downgrade)


def nested(name: str) -> tuple[str, ...]:
    """The key that a name in `.env` stands for; one that nobody reads begins with nothing."""
    folded = name.lower()
    return tuple(folded.removeprefix("app_").split("__")) if folded.startswith("app_") else ("", name)


def keys(document: Document, path: Path) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The leaves of a document by the keys of the class, with their paths; names of `.env` as nested keys."""
    section = section_in(path)
    leaves = [each for each in document.spots() if not isinstance(get(document.data, each), dict)]
    if document.kind == "dotenv":
        return {nested(each[0]): each for each in leaves}
    return {each[len(section) :] if each[: len(section)] == section else ("", *each): each for each in leaves}


def table(kind: str, text: str, path: Path) -> dict[str, Any]:
    """What the library of a format reads from a text, as the nested object that the class gets."""
    data = READS[kind](text) or {}
    if kind == "dotenv":
        payload: dict[str, Any] = {}
        for name, value in data.items():
            # A text of JSON at the object itself stays out: nothing of it is edited.
            if not isinstance(get(payload, nested(name)[:1]), str):
                put(payload, nested(name), value)
        return payload
    found = data if not section_in(path) else get(data, section_in(path))
    if isinstance(found.get("smtp_port"), int):
        # A number in a file, and a text where it is joined.
        found["smtp_port"] = str(found["smtp_port"])
    return found


def leaves(payload: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Leaves as texts: what was split is written as the number that the class has, and has no types in `.env`."""
    return {path: "" if value is None else str(value) for path, value in flattened(payload)}


def outside(document: Document) -> list[str]:
    """The comments of a text, which are what is left of its lines without its entries."""
    text = document.text
    for path, spots in document.spots().items():
        if not isinstance(get(document.data, path), dict):
            for spot in spots:
                for span in (spot.key, spot.value):
                    text = text[: span.start] + re.sub(r"[^\r\n]", " ", text[span.start : span.end]) + text[span.end :]
    return [found.strip() for found in re.findall(r"#.*", text)]


def behind(document: Document, paths: Iterator[tuple[str, ...]]) -> Counter[str]:
    """The comments behind entries, on the same line."""
    ends = [
        (spot.key if isinstance(get(document.data, path), dict) else spot.value).end
        for path in paths
        for spot in document.spots()[path]
    ]
    rests = [re.split(r"[\r\n]", document.text[end:], maxsplit=1)[0] for end in ends]
    return Counter(rest[rest.index("#") :].strip() for rest in rests if "#" in rest)


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_enough_files(kind: str) -> None:
    """Each kind has 50 files or more."""
    assert 50 <= sum(path.parent.name == kind for path in FILES)


@pytest.mark.parametrize("kind", KINDS)
def test_diffs_are_those_that_somebody_has_read(kind: str) -> None:
    """Every changed line of every file is as it was when it was reviewed."""
    assert (DIFFS / f"{kind}.diff").read_text(encoding="utf-8").split("\n") == told(kind).split("\n")


@pytest.mark.parametrize("path", FILES, ids=label)
def test_what_is_refused_is_listed(path: Path) -> None:
    """What cannot be edited safely is named with its line, and nothing else is."""
    refused = planned(path).refused

    assert REFUSED.get(label(path), ()) == tuple((each.kind, each.key, each.lines) for each in refused)


@pytest.mark.parametrize("path", FILES, ids=label)
def test_only_entries_of_the_history_change(path: Path) -> None:
    """Legacy keys go, their successors come, and of all other entries not even the spelling changes."""
    update = planned(path)
    before, after = (read_document(text, update.kind) for text in (update.text_before, update.text_after))
    old, new = keys(before, path), keys(after, path)

    assert all(any(key[: len(each)] == each for each in OLD_KEYS) for key in old.keys() - new.keys())
    assert new.keys() - old.keys() <= NEW_KEYS
    for key in old.keys() & new.keys():
        for one, other in zip(before.spots()[old[key]], after.spots()[new[key]], strict=True):
            assert one.key.of(before.text) == other.key.of(after.text)
            if key != ("log_level",):
                assert one.value.of(before.text) == other.value.of(after.text)


RENAMED = {
    ("cache_timeout",): ("cache_ttl_seconds",),
    ("timeout_minutes",): ("timeout_seconds",),
    ("network", "proxy"): ("network", "http_proxy"),
}
CONVERTED = {("timeout_minutes",), ("timeout_seconds",), ("log_level",)}


def without(document: Document, path: Path, changed: set[tuple[str, ...]]) -> str:
    """A text without the names of entries, and without the values of those that are converted."""
    spans = []
    for key, entry in keys(document, path).items():
        for spot in document.spots()[entry] if key in changed else ():
            spans += [spot.key] if key != ("log_level",) else []
            spans += [spot.value] if key in CONVERTED else []
    text = document.text
    for span in sorted(spans, key=lambda span: -span.start):
        text = text[: span.start] + "…" + text[span.end :]
    return text


def is_in_place(update: Update, path: Path) -> bool:
    """Whether nothing but names and values in their places was changed."""
    before, after = (read_document(text, update.kind) for text in (update.text_before, update.text_after))
    old, new = keys(before, path).keys(), keys(after, path).keys()
    return update.is_needed and old - new <= RENAMED.keys() and new - old == {RENAMED[key] for key in old - new}


def test_in_place_nothing_but_the_spans_changes() -> None:
    """Where keys are renamed and values converted in place, all text outside of these names and values stays.

    Most files are such; the count keeps the test from passing for want of any.
    """
    checked = 0
    for path in FILES:
        update = planned(path)
        before, after = (read_document(text, update.kind) for text in (update.text_before, update.text_after))
        if is_in_place(update, path):
            old, new = keys(before, path).keys(), keys(after, path).keys()
            level = {("log_level",)}
            assert without(before, path, old - new | level) == without(after, path, new - old | level), path
            checked += 1

    assert 146 <= checked


def goes(entry: tuple[str, ...], before: Document, path: Path) -> bool:
    """Whether an entry has no successor that takes its place: it is removed, joined to another, or there already."""
    key = next((key for key, each in keys(before, path).items() if each == entry), entry[len(section_in(path)) :])
    return key[0] in {"debug_toolbar", "smtp_port"} or RENAMED.get(key) in keys(before, path)


@pytest.mark.parametrize("path", FILES, ids=label)
def test_comments_survive(path: Path) -> None:
    """All comments stay, but those behind an entry that goes; and in order, but those that move with their entry."""
    update = planned(path)
    before, after = (read_document(text, update.kind) for text in (update.text_before, update.text_after))
    old = keys(before, path)
    lost = Counter(outside(before)) - Counter(outside(after))

    assert not Counter(outside(after)) - Counter(outside(before))
    stale = (each for each in before.spots() if get(after.data, each) is ABSENT and goes(each, before, path))
    assert not lost - behind(before, stale)
    if ("db_url",) not in old:
        assert [each for each in outside(before) if each not in lost] == outside(after)


@pytest.mark.parametrize("path", FILES, ids=label)
def test_text_says_what_the_loader_makes_of_the_old_one(path: Path) -> None:
    """The library of the format reads the migrated data from the edited text."""
    update = planned(path)
    if update.refused:
        assert label(path) in REFUSED
        return
    old, new = (table(update.kind, text, path) for text in (update.text_before, update.text_after))

    assert leaves(migrated(history_of(CorpusSettings), old)) == leaves(new)


def loaded(text: str, path: Path, folder: Path) -> dict[str, Any] | None:
    """What pydantic-settings makes of a text as the only source of the class; None where it is refused."""
    file = folder / path.name
    file.write_bytes(text.encode())
    sources: dict[str, Any] = {
        "dotenv": lambda cls: DotEnvSettingsSource(cls, env_file=file),
        "json": lambda cls: JsonConfigSettingsSource(cls, file),
        "toml": lambda cls: TomlConfigSettingsSource(cls, file, toml_table_header=section_in(path)),
        "yaml": lambda cls: YamlConfigSettingsSource(cls, file),
    }

    class Loaded(CorpusSettings):
        @classmethod
        def settings_customise_sources(cls, settings_cls: Any, **_: Any) -> Any:
            return (sources[path.parent.name](settings_cls),)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LegacyKeyWarning)
        try:
            return Loaded().model_dump()
        except (SettingsRefused, AttributeError):  # the latter is what pydantic-settings says of keys that are no texts
            return None


# Files that cannot be loaded as they are, and so tell nothing here.
UNLOADED = {
    "dotenv/empty-values.env": "an address without its parts",
    "json/bom-crlf.json": "a byte order mark, which pydantic-settings cannot read in JSON",
    "json/bom-minified.json": "the same",
    "json/bom.json": "the same",
    "json/everything-at-once.json": "a port that is a number, and is joined",
    "json/indented-by-4.json": "the same",
    "json/literals-null-true-false.json": "a null that no field takes",
    "json/several-on-one-line.json": "a port that is a number, and is joined",
    "toml/bom-crlf-no-final-newline.toml": "a byte order mark, which pydantic-settings cannot read in TOML",
    "toml/bom.toml": "the same",
    "toml/everything-at-once.toml": "a port that is a number, and is joined",
    "toml/inline-table-last-member.toml": "the same",
    "toml/smtp-joined-apart.toml": "the same",
    "yaml/bom-and-crlf.yaml": "the same",
    "yaml/comment-without-a-final-newline.yaml": "the same",
    "yaml/comments-between-two-that-are-joined.yaml": "the same",
    "yaml/document-marker-with-a-comment.yaml": "the same",
    "yaml/empty-section-already-there.yaml": "a null that no field takes",
    "yaml/everything-at-once.yaml": "a port that is a number, and is joined",
    "yaml/keys-that-are-not-texts.yaml": "a key that is no text, which pydantic-settings cannot read",
    "yaml/null-values.yaml": "a null that no field takes",
}


@pytest.mark.parametrize("path", FILES, ids=label)
def test_settings_stay_the_same(path: Path, tmp_path: Path) -> None:
    """The class is given the same settings by the file as it is, as it becomes, and as it was put back."""
    update = planned(path)
    texts = (update.text_before, update.text_after, again(update, path, downgrade=True).text_after)
    before, *after = (loaded(text, path, tmp_path) for text in texts)

    assert before is not None or label(path) in UNLOADED
    assert before is None or [before, before] == after


@pytest.mark.parametrize("path", FILES, ids=label)
def test_second_run_changes_nothing(path: Path) -> None:
    """An edited file is today's, and what was refused is refused again."""
    update = planned(path)
    second = again(update, path)

    assert (update.text_after, ()) == (second.text_after, second.changes)
    assert [(each.kind, each.key) for each in update.refused] == [(each.kind, each.key) for each in second.refused]


# Files whose entries were edited in place and come back with another spelling of the same: the file had one that nobody
# would write twice, or one that cannot be told from the new one.
RESPELLED = {
    "dotenv/mixed-case.env": "names of both cases",
    "json/keys-escaped.json": "a key with an escape that it does not need",
    "json/number-as-text.json": "a number as a text, which is converted to a number",
    "toml/quoted-key-with-escapes.toml": "a key with an escape that it does not need",
    "yaml/alias-as-the-old-value.yaml": "an alias, whose value was converted",
    "yaml/quoted-key-with-escapes.yaml": "a key with an escape that it does not need",
}
# How many files come back byte for byte, of those that change. Raise a number when it grows; it never drops.
RESTORED = {"dotenv": 42, "json": 43, "toml": 63, "yaml": 44}


@pytest.mark.parametrize("path", FILES, ids=label)
def test_downgrade_restores_what_was_edited_in_place(path: Path) -> None:
    """Where keys were renamed and values converted in place, the file comes back byte for byte."""
    update = planned(path)
    if is_in_place(update, path):
        back = again(update, path, downgrade=True)
        assert (label(path) in RESPELLED) == (back.text_after != update.text_before)


def test_downgrade_restores_most_files_byte_for_byte() -> None:
    """The number of files that come back byte for byte never drops."""
    restored: Counter[str] = Counter()
    for path in FILES:
        update = planned(path)
        restored[update.kind] += (
            update.is_needed and again(update, path, downgrade=True).text_after == update.text_before
        )

    assert all(count <= restored[kind] for kind, count in RESTORED.items()), restored


@pytest.mark.parametrize("path", FILES, ids=label)
def test_downgrade_restores_data_and_comments(path: Path) -> None:
    """All data and all comments come back.

    But what was removed; a second spelling of the same, or an empty table, that the file had; and with the default of
    the port that was joined.
    """
    update = planned(path)
    back = again(update, path, downgrade=True)
    old, between, new = (
        leaves(table(update.kind, text, path)) for text in (update.text_before, update.text_after, back.text_after)
    )
    if not update.is_needed:
        return
    lost = {key for key in old.keys() - new.keys() if key[0] != "debug_toolbar"}

    assert lost <= {("database",), *(key for key in NEW_KEYS if key in between and key in old)}
    assert new.keys() - old.keys() <= {("smtp_port",)}
    assert [] == [key for key in old.keys() & new.keys() if old[key] != new[key]]
    one, other = (read_document(text, update.kind) for text in (update.text_after, back.text_after))
    assert Counter(outside(one)) == Counter(outside(other))


@pytest.mark.parametrize("path", FILES, ids=label)
def test_restored_file_means_the_same(path: Path) -> None:
    """What goes back and is brought to today's keys again is what it was before it went back.

    But for a table that was empty before: it is gone then, so the key gets one in another form.
    """
    update = planned(path)
    back = again(update, path, downgrade=True)
    if not update.refused:
        same = update.text_after == again(back, path).text_after
        assert same == (label(path) != "toml/inline-database-empty.toml")
