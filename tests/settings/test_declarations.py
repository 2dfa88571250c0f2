"""Declarations: what is refused where it is written, with a remedy, before any settings are loaded."""

from __future__ import annotations

from typing import Any, Literal

import pydantic_settings as ps
import pytest
from pydantic import AliasChoices, BaseModel, Field
from pydantic_settings import SettingsConfigDict

from upcast import add, convert, each, join_fields, map_values, move, remove, rename, split_field, unwrap, within, wrap
from upcast.errors import InvalidLegacy, InvalidStep, RegistryDefects
from upcast.settings import ChangedDefault, Legacy, RetiredValue, history_of, versioned

WINDOW: dict[str, Any] = {"since": "2.1", "remove_in": "2.3"}


class Database(BaseModel):
    """A section."""

    url: str = "none"
    timeout: int = 3


class Open(BaseModel):
    """A section that takes anything."""

    model_config = {"extra": "allow"}


class Fields(ps.BaseSettings):
    """Settings."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__")
    ttl: int = 0
    host: str = ""
    port: int = 0
    database: Database = Database()
    optional: Database | None = None
    anything: Open = Open()
    limits: dict[str, int] = {}
    aliased: int = Field(0, validation_alias=AliasChoices("ALIAS", "OTHER"))


def decorated(*declarations: Any, base: type[Any] = Fields, **history: Any) -> Any:
    """The settings with declarations."""

    class Settings(base):
        pass

    return versioned(*declarations, **history)(Settings)


def defects_of(*declarations: Any, base: type[Any] = Fields, **history: Any) -> dict[str, Any]:
    """The defects of declarations by their reasons."""
    with pytest.raises(RegistryDefects) as caught:
        decorated(*declarations, base=base, **history)
    defects = caught.value.exceptions
    for defect in defects:
        assert defect.remedy, "each says what to do"
        assert __file__ in str(defect), "each says where it was declared"
    return {defect.reason: defect for defect in defects}


# --- one declaration by itself --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "text"),
    [
        ({"since": "x", "remove_in": "2.3"}, "since='x' is no release"),
        ({"since": "2", "remove_in": "2.3"}, "since='2' is no release"),
        ({"since": "2.1", "remove_in": "soon"}, "remove_in='soon' is no release"),
        ({"since": "2.1", "remove_in": "2.3", "warn_in": ""}, "warn_in='' is no release"),
        ({"since": "2.3", "remove_in": "2.1"}, "not in order"),
        ({"since": "2.1", "remove_in": "2.1.0"}, "not in order"),
        ({"since": "2.1", "remove_in": "2.3", "warn_in": "2.0"}, "not in order"),
        ({"since": "2.1", "remove_in": "2.3", "warn_in": "2.3"}, "not in order"),
        ({"since": 2.1, "remove_in": "2.3"}, "since=2.1 is no release"),
    ],
)
@pytest.mark.parametrize("declaration", ["legacy", "value", "default"])
def test_a_window_that_makes_no_sense(declaration: str, window: dict[str, Any], text: str) -> None:
    """Releases are semantic versions in order: first known, then warned of, then gone."""
    makers: dict[str, Any] = {
        "legacy": lambda: Legacy(rename("a", to="b"), **window),
        "value": lambda: RetiredValue("a", "b", use="c", **window),
        "default": lambda: ChangedDefault("a", was=1, **window),
    }
    with pytest.raises(InvalidLegacy, match=text):
        makers[declaration]()


@pytest.mark.parametrize(
    ("steps", "arguments", "text"),
    [
        ((), {}, "take no key"),
        ((add("a", 1),), {}, "take no key"),
        ((remove("a"),), {}, "say in reason= why"),
        ((convert("a", int),), {"was": int}, "changed where it stands"),
        ((map_values("a", {"x": "y"}),), {}, "changed where it stands"),
        ((wrap("a"),), {}, "changed where it stands"),
        ((rename("a", to="b"), convert("b", int)), {}, "say in was= which type"),
        ((each("a", rename("b", to="c")),), {}, "items of lists have no names"),
        ((rename("a", to="b"),), {"was": {"c": int}}, "which the steps do not take"),
        ((rename("a", to="b"),), {"defaults": {"c": 1}}, "which the steps do not take"),
        ((rename("a", to="b"),), {"env": {"c": "C"}}, "which the steps do not take"),
        ((rename("a", to="b"),), {"was": {"": int}}, "empty|takes the name"),
        ((join_fields(["a", "b"], to="c", separator=":"),), {"was": int}, "must say for which key"),
        ((join_fields(["a", "b"], to="c", separator=":"),), {"env": "A"}, "must say for which key"),
    ],
)
def test_steps_that_are_no_declaration(steps: tuple[Any, ...], arguments: dict[str, Any], text: str) -> None:
    """Steps must take an old key to a new one, and say what they need."""
    with pytest.raises(InvalidLegacy, match=text):
        Legacy(*steps, **arguments, **WINDOW)


def test_what_is_no_step() -> None:
    """Anything but a step is refused as it is for events."""
    with pytest.raises(InvalidStep):
        Legacy("cache_timeout", **WINDOW)  # type: ignore[arg-type]  # that is the mistake


@pytest.mark.parametrize(
    ("steps", "kind", "keys", "targets"),
    [
        ((rename("a", to="b"),), "renamed", ["a"], ["b"]),
        ((move("a", to="b.c"),), "moved", ["a"], ["b.c"]),
        ((move("a.b", to="c"),), "moved", ["a.b"], ["c"]),
        ((split_field("a", into=["b", "c"], separator=":"),), "split", ["a"], ["b", "c"]),
        ((join_fields(["a", "b"], to="c", separator=":"),), "merged", ["a", "b"], ["c"]),
        ((rename("a", to="b"), map_values("b", {"x": "y"})), "converted", ["a"], ["b"]),
        ((rename("a", to="b"), wrap("b")), "reshaped", ["a"], ["b"]),
        ((rename("a", to="b"), wrap("b", key="c")), "reshaped", ["a"], ["b"]),
        ((rename("a", to="b"), unwrap("b")), "reshaped", ["a"], ["b"]),
        ((rename("a", to="b"), rename("b", to="c")), "reshaped", ["a"], ["c"]),
        ((rename("a", to="b"), remove("b")), "removed", ["a"], []),
        ((remove("a"), remove("b")), "removed", ["a", "b"], []),
        ((rename("a", to="b"), add("c", 1)), "split", ["a"], ["b", "c"]),
        ((within("a", rename("b", to="c")),), "moved", ["a.b"], ["a.c"]),
    ],
)
def test_what_became_of_keys_in_a_word(steps: tuple[Any, ...], kind: str, keys: list[str], targets: list[str]) -> None:
    """The word, the old keys and the new ones follow from the steps."""
    legacy = Legacy(*steps, reason="why", **WINDOW)
    assert (kind, keys, targets) == (
        legacy.kind,
        [".".join(key) for key in legacy.keys],
        [".".join(target) for target in legacy.targets],
    )


def test_retired_values_that_make_no_sense() -> None:
    """A value goes with what it becomes or with a reason."""
    with pytest.raises(InvalidLegacy, match="say with use="):
        RetiredValue("a", "b", **WINDOW)
    with pytest.raises(InvalidLegacy):
        RetiredValue("", "b", use="c", **WINDOW)
    with pytest.raises(InvalidLegacy):
        ChangedDefault("a..b", was=1, **WINDOW)


def test_a_repr_shows_no_value() -> None:
    """A declaration in an error shows keys, and neither retired values nor old defaults."""
    for declaration in (
        RetiredValue("a.b", "geheim", use="secret", **WINDOW),
        ChangedDefault("a", was="geheim", **WINDOW),
        Legacy(rename("a", to="b"), defaults={"a": "geheim"}, **WINDOW),
    ):
        assert "geheim" not in repr(declaration)
        assert "secret" not in repr(declaration)


# --- the arguments of the decorator ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "text"),
    [
        ({"release": "x"}, "release='x' is no release"),
        ({"release": 2.2}, "release=2.2 is no release"),
        ({"conflicts": "old-wins"}, "say 'new-wins' or 'error'"),
        ({"version": 0}, "version=0 is no version"),
        ({"version": True}, "version=True is no version"),
        ({"version": "2"}, "version='2' is no version"),
        ({"version": 3, "reads_up_to": 2}, "reads_up_to=2"),
        ({"reads_up_to": "3"}, "reads_up_to='3'"),
        ({"version": 3, "unversioned": 4}, "unversioned=4"),
        ({"unversioned": 0}, "unversioned=0"),
        ({"unversioned": True}, "unversioned=True"),
    ],
)
def test_arguments_that_make_no_sense(history: dict[str, Any], text: str) -> None:
    """They are refused before there is a class."""
    with pytest.raises(InvalidLegacy, match=text):
        versioned(**history)


@pytest.mark.parametrize("what", ["rename", rename("a", to="ttl"), Legacy, None])
def test_what_is_no_declaration(what: Any) -> None:
    """A bare step is the likeliest mistake."""
    with pytest.raises(InvalidLegacy, match="is no Legacy"):
        versioned(what)


@pytest.mark.parametrize("what", [BaseModel, int, lambda: None, Fields.model_construct()])
def test_what_is_no_settings_class(what: Any) -> None:
    """Only classes of pydantic-settings have sources to migrate."""
    with pytest.raises(InvalidLegacy, match="is no class of pydantic-settings"):
        versioned()(what)


def test_a_class_without_a_history() -> None:
    """Who asks for the history of a class that has none is told how it gets one."""
    with pytest.raises(TypeError, match="versioned"):
        history_of(Fields)


def test_the_decorator_returns_the_class() -> None:
    """It is the same class, under the same name, with its signature."""
    import inspect

    class Settings(Fields):
        """Documented."""

    before = inspect.signature(Settings)
    again = versioned(Legacy(rename("a", to="ttl"), **WINDOW), release="2.2")(Settings)
    assert again is Settings
    assert before == inspect.signature(again)
    assert "Documented." == again.__doc__
    assert set(Fields.model_fields) == set(again.model_fields)
    assert Fields.model_json_schema()["properties"] == again.model_json_schema()["properties"]


# --- declarations against the class ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "declaration",
    [
        Legacy(rename("old", to="tttl"), **WINDOW),
        Legacy(move("old", to="database.ur"), **WINDOW),
        Legacy(move("old", to="ttl.x"), **WINDOW),
        Legacy(move("old", to="database.url.x"), **WINDOW),
        Legacy(split_field("old", into=["host", "prt"], separator=":"), **WINDOW),
        RetiredValue("tttl", 1, use=2, **WINDOW),
        RetiredValue("database.x", 1, use=2, **WINDOW),
        ChangedDefault("tttl", was=1, **WINDOW),
    ],
    ids=repr,
)
def test_a_successor_that_is_no_setting(declaration: Any) -> None:
    """What an old key becomes must be a setting of the class."""
    assert ["unknown-setting"] == list(defects_of(declaration))


def test_a_suggestion_for_a_successor() -> None:
    """A setting of nearly that name is suggested."""
    defect = defects_of(Legacy(rename("old", to="hst"), **WINDOW))["unknown-setting"]
    assert "Did you mean 'host'?" in defect.remedy


@pytest.mark.parametrize(
    "target",
    [
        "ttl",
        "database",
        "database.url",
        "optional.url",
        "anything.x",
        "limits.a",
        "limits",
        "ALIAS",
        "OTHER",
        "aliased",
    ],
)
def test_successors_that_are_settings(target: str) -> None:
    """Fields, their aliases, what is inside models, and anything inside what is open."""
    decorated(Legacy(move("old.key", to=target), **WINDOW))


def test_an_old_key_that_is_a_setting() -> None:
    """An old key that the class still has cannot be told from a new one."""
    assert ["legacy-is-field"] == list(defects_of(Legacy(rename("host", to="ttl"), **WINDOW)))
    assert ["legacy-is-field"] == list(defects_of(Legacy(move("database.url", to="host"), **WINDOW)))
    assert ["legacy-is-field"] == list(defects_of(Legacy(rename("ALIAS", to="ttl"), **WINDOW)))


def test_an_old_key_whose_name_in_the_environment_is_a_setting() -> None:
    """Two keys may have one name in the environment; that is found before it is read."""
    assert "legacy-is-field" in defects_of(Legacy(rename("TTL", to="host"), **WINDOW))
    assert "legacy-is-field" in defects_of(Legacy(rename("old", to="host"), env="app_ttl", **WINDOW))

    class Flat(ps.BaseSettings):
        model_config = SettingsConfigDict(env_nested_delimiter="_")
        db_url: str = ""
        url: str = ""

    assert "legacy-is-field" in defects_of(Legacy(move("db.url", to="url"), **WINDOW), base=Flat)


def test_an_old_key_declared_twice() -> None:
    """One key becomes one thing; a key and one inside it cannot both be declared."""
    twice = defects_of(Legacy(rename("old", to="ttl"), **WINDOW), Legacy(rename("old", to="host"), **WINDOW))
    assert ["duplicate-legacy"] == list(twice)
    assert ["duplicate-legacy"] == list(
        defects_of(Legacy(rename("db", to="database"), **WINDOW), Legacy(move("db.url", to="host"), **WINDOW))
    )


def test_declarations_that_go_round() -> None:
    """A circle is found, whether of two or of three."""
    assert "legacy-cycle" in defects_of(Legacy(rename("a", to="b"), **WINDOW), Legacy(rename("b", to="a"), **WINDOW))
    three = [Legacy(rename(old, to=new), **WINDOW) for old, new in ("ab", "bc", "ca")]
    assert "legacy-cycle" in defects_of(*three)


def test_a_chain_that_ends_nowhere() -> None:
    """A link that makes what is no old key and no setting is a typing error."""
    found = defects_of(Legacy(rename("a", to="b"), **WINDOW), Legacy(rename("c", to="ttl"), **WINDOW))
    assert ["unknown-setting"] == list(found)


def test_all_defects_at_once() -> None:
    """They come together, each with its place and its remedy."""
    found = defects_of(
        Legacy(rename("old", to="tttl"), **WINDOW),
        Legacy(rename("host", to="ttl"), **WINDOW),
        ChangedDefault("nothing", was=1, **WINDOW),
        upcasters={7: rename("a", to="b")},
        version=2,
    )
    assert {"unknown-setting", "legacy-is-field", "orphan-edge"} == set(found)


@pytest.mark.parametrize(
    ("upcasters", "version", "reason"),
    [
        ({1: rename("a", to="b")}, 1, "orphan-edge"),
        ({2: rename("a", to="b")}, 2, "orphan-edge"),
        ({0: rename("a", to="b")}, 2, "orphan-edge"),
        ({"1": rename("a", to="b")}, 2, "orphan-edge"),
        ({1: "x"}, 2, "bad-function"),
        ({1: 5}, 2, "bad-function"),
        ({1: []}, 2, "bad-function"),
        ({1: lambda: None}, 2, "bad-function"),
        ({1: [rename("a", to="b"), "x"]}, 2, "bad-function"),
    ],
)
def test_upcasters_that_make_no_sense(upcasters: Any, version: int, reason: str) -> None:
    """An upcaster takes a table of a version before today's."""
    assert [reason] == list(defects_of(upcasters=upcasters, version=version))


def test_an_upcaster_that_is_async() -> None:
    """Settings are loaded where nothing can be awaited."""

    async def later(payload: dict[str, Any]) -> dict[str, Any]:
        return payload

    assert ["bad-function"] == list(defects_of(upcasters={1: later}, version=2))


def test_literals_of_a_retired_value() -> None:
    """A retired value need not be one that the class takes: it is replaced before the class sees it."""

    class Levels(ps.BaseSettings):
        level: Literal["low", "high"] = "low"

    decorated(RetiredValue("level", "middle", use="low", **WINDOW), base=Levels)


# --- inheritance ----------------------------------------------------------------------------------------------------


def test_a_subclass_has_the_history_of_its_base() -> None:
    """Undecorated it is the very same; decorated it has both, with the later release."""
    base = decorated(Legacy(rename("a", to="ttl"), **WINDOW), release="2.2.0")

    class Sub(base):
        extra: int = 0

    assert history_of(Sub) is history_of(base)

    @versioned(Legacy(rename("b", to="extra"), **WINDOW))
    class Again(base):
        extra: int = 0

    assert [("a",), ("b",)] == [key for legacy in history_of(Again).legacy for key in legacy.keys]
    assert "2.2.0" == str(history_of(Again).release)
    assert [("a",)] == [key for legacy in history_of(base).legacy for key in legacy.keys], "the base is as it was"


def test_a_subclass_keeps_what_its_base_was_told() -> None:
    """What the second decorator does not say stays as the first one said it."""
    base = decorated(
        Legacy(rename("a", to="ttl"), **WINDOW),
        release="2.2.0",
        conflicts="error",
        version=2,
        upcasters={1: rename("x", to="ttl")},
        unversioned=1,
        reads_up_to=3,
    )

    @versioned(Legacy(rename("b", to="host"), **WINDOW))
    class Again(base):
        pass

    before, after = history_of(base), history_of(Again)
    assert (before.conflicts, before.version, before.unversioned, before.reads_up_to, set(before.edges)) == (
        after.conflicts,
        after.version,
        after.unversioned,
        after.reads_up_to,
        set(after.edges),
    )


def test_a_subclass_that_contradicts_its_base() -> None:
    """A key that the base declared cannot become something else."""
    base = decorated(Legacy(rename("a", to="ttl"), **WINDOW), release="2.2.0")
    assert ["duplicate-legacy"] == list(defects_of(Legacy(rename("a", to="host"), **WINDOW), base=base))
