"""A settings class through the gate: what is frozen, what blocks, and what counts as covered because it was run."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
import pytest
from pydantic_settings import BaseSettings

from upcast import Registry
from upcast.cli import main
from upcast.schemas.check import Report, check
from upcast.schemas.freeze import freeze
from upcast.settings.gate import registry_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upcast.schemas.findings import Finding

TARGET = "shop.settings:AppSettings"
HEAD = """\
from typing import Literal

from pydantic import AliasChoices, BaseModel, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from upcast import convert, join_fields, move, remove, rename, split_field
from upcast.settings import ChangedDefault, Legacy, RetiredValue, versioned

WINDOW = {"since": "2.1", "remove_in": "2.3"}
"""
CLASS = """
class AppSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_")
"""
PLAIN = f"{CLASS}    cache_timeout: int\n    api_token: SecretStr\n"
RENAMED = PLAIN.replace("cache_timeout", "cache_ttl_seconds")
RENAME = 'Legacy(rename("cache_timeout", to="cache_ttl_seconds"), **WINDOW)'


@attrs.frozen
class Ran:
    """What a run of the command came to."""

    code: int
    out: str
    err: str


@attrs.frozen
class Shop:
    """A folder with `shop/settings.py`, which is the working folder."""

    folder: Path
    _monkeypatch: pytest.MonkeyPatch
    _capsys: pytest.CaptureFixture[str]

    def write(self, source: str, *declarations: str, version: int = 1, **arguments: object) -> None:
        """Write the settings of a release: those of version 1 are not decorated unless something is declared."""
        told = [*declarations, *(f"{name}={value!r}" for name, value in {"version": version, **arguments}.items())]
        decorator = f"\n@versioned({', '.join(told)})" if declarations or version > 1 or arguments else ""
        text = HEAD + source.replace("\nclass AppSettings", f"{decorator}\nclass AppSettings")
        (self.folder / "shop" / "settings.py").write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> Ran:
        """Run `upcast` with today's source."""
        self.forget()
        self._capsys.readouterr()
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["upcast", *arguments])
            code = main()
        return Ran(code, *self._capsys.readouterr())

    def freeze(self) -> None:
        """Freeze today's version."""
        assert [""] == [each.problem for each in freeze(registry_of(self.settings_class), self.folder / "schemas")]

    def check(self, **arguments: Any) -> Report:
        """What the gate says of today's class."""
        return check(registry_of(self.settings_class), self.folder / "schemas", **arguments)

    def released(self, source: str, *declarations: str, **arguments: Any) -> Report:
        """Write and freeze the settings of a release, and check them."""
        self.write(source, *declarations, **arguments)
        self.freeze()
        return self.check()

    @property
    def settings_class(self) -> type[BaseSettings]:
        """Today's class."""
        self.forget()
        found: type[BaseSettings] = importlib.import_module("shop.settings").AppSettings
        return found

    def forget(self) -> None:
        """Let the source be imported anew."""
        for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
            del sys.modules[name]
        importlib.invalidate_caches()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shop]:
    """A folder with a settings class, which is the working folder."""
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    # The source is edited within the same second, which compiled files would not notice.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    shop = Shop(tmp_path, monkeypatch, capsys)
    shop.write(PLAIN)
    yield shop
    shop.forget()


@pytest.fixture
def frozen(shop: Shop) -> Shop:
    """The same, with version 1 frozen."""
    shop.freeze()
    return shop


def blocking(report: Report) -> list[tuple[str, str]]:
    """The rules and places of what blocks."""
    return sorted((each.rule, each.pointer) for each in report.findings if each.blocks)


def found(report: Report, rule: str) -> Finding:
    """The first finding of a rule."""
    return next(each for each in report.findings if each.rule == rule)


# --- what a release breaks ------------------------------------------------------------------------------------------


def test_unchanged_class_passes(frozen: Shop) -> None:
    """A class that nobody decorated can be frozen, and is what it was."""
    report = frozen.check()

    assert () == report.findings
    assert (1, 1) == (report.types, report.versions)
    assert report.payloads
    assert ["v1.json"] == [path.name for path in (frozen.folder / "schemas" / "AppSettings").glob("*.json")]


def test_renamed_key_without_declaration_blocks(frozen: Shop) -> None:
    """Settings as they were do not come through, and the payload that shows it is told."""
    ran = frozen.released(RENAMED, version=2)

    assert ("U906", "/cache_ttl_seconds") in blocking(ran)
    witness = found(ran, "U906").witness
    assert witness is not None
    assert {"cache_timeout", "api_token"} == msgspec.json.decode(witness.payload).keys()
    assert "cache_ttl_seconds: missing" in witness.refusal


def test_renamed_key_under_the_same_version_blocks(frozen: Shop) -> None:
    """The version has to be raised, as that of an event."""
    frozen.write(RENAMED)

    assert ["U903"] == [rule for rule, _ in blocking(frozen.check())]


def test_declared_key_is_covered_by_running_it(frozen: Shop) -> None:
    """The old key was seen to come through, so the break does not block."""
    ran = frozen.released(RENAMED, RENAME, version=2)

    assert ran.ok
    assert "Legacy(rename('cache_timeout', to='cache_ttl_seconds')" in found(ran, "U109").covered_by


def test_limits_count_for_what_old_keys_hold(frozen: Shop) -> None:
    """A declaration covers nothing that the class then refuses: a limit that is new is found."""
    ran = frozen.released(RENAMED.replace("seconds: int", "seconds: int = Field(ge=50)"), RENAME, version=2)

    assert ("U906", "/cache_ttl_seconds") in blocking(ran)


def test_new_required_key_without_migration_blocks(frozen: Shop) -> None:
    """Whoever has not set it yet could not start."""
    ran = frozen.released(f"{PLAIN}    region: str\n", version=2)

    assert {("U101", "/region"), ("U906", "/region")} <= set(blocking(ran))


def test_new_key_with_default_passes(frozen: Shop) -> None:
    """It may be set from now on, and need not be."""
    assert frozen.released(f"{PLAIN}    region: str = 'north'\n", version=2).ok


def test_new_required_key_that_an_upcaster_adds_passes(frozen: Shop) -> None:
    """Files that carry a version go through their chain."""
    frozen.write(f"{PLAIN}    region: str\n", version=2)
    path = frozen.folder / "shop" / "settings.py"
    text = path.read_text(encoding="utf-8").replace("version=2", "version=2, upcasters={1: add('region', 'north')}")
    path.write_text(text.replace("import convert", "import add, convert"), encoding="utf-8")
    frozen.freeze()

    assert frozen.check().ok


def test_key_that_is_not_taken_any_more_blocks(frozen: Shop) -> None:
    """A declaration whose time is over covers nothing; the message says since when."""
    ran = frozen.released(RENAMED, RENAME, version=2, release="2.3.0")

    assert ["U109", "U905"] == [rule for rule, _ in blocking(ran)]
    assert "cache_timeout was renamed in 2.1.0 and is not read since 2.3.0" in found(ran, "U905").message


def test_what_is_no_longer_set_anywhere_need_not_be_read(frozen: Shop) -> None:
    """Once the window is over, the team says so in gate.toml."""
    frozen.write(RENAMED, RENAME, version=2, release="2.3.0")
    (frozen.folder / "schemas" / "gate.toml").write_text("[events.AppSettings]\nretained_from = 2\n", encoding="utf-8")
    frozen.freeze()

    assert frozen.check().ok


# --- every kind of declaration --------------------------------------------------------------------------------------

KINDS = {
    "move": (
        "db_url: str",
        "database: Database",
        'Legacy(move("db_url", to="database.url"), **WINDOW)',
    ),
    "split": (
        'address: str = Field(pattern=r"^[a-z]+:[0-9]+$")',
        "host: str\n    port: int",
        'Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW)',
    ),
    "join with a default": (
        'smtp_host: str\n    smtp_port: str = "25"',
        "smtp_address: str",
        (
            'Legacy(join_fields(["smtp_host", "smtp_port"], to="smtp_address", separator=":"), '
            'defaults={"smtp_port": "25"}, **WINDOW)'
        ),
    ),
    "convert": (
        "timeout_minutes: int = Field(ge=0)",
        "timeout: int = Field(ge=0)",
        'Legacy(rename("timeout_minutes", to="timeout"), convert("timeout", seconds), was=int, **WINDOW)',
    ),
    "remove": ("debug_toolbar: bool", "", 'Legacy(remove("debug_toolbar"), reason="use --debug", **WINDOW)'),
    "remove nested": (
        "toolbar: Toolbar",
        "",
        'Legacy(remove("toolbar.shown"), reason="use --debug", **WINDOW)',
    ),
    "retired value": (
        'log_level: Literal["WARN", "INFO"]',
        'log_level: Literal["WARNING", "INFO"]',
        'RetiredValue("log_level", "WARN", use="WARNING", **WINDOW)',
    ),
    "alias": (
        "cache_timeout: int",
        'ttl: int = Field(alias="CACHE_TTL")',
        'Legacy(rename("cache_timeout", to="ttl"), **WINDOW)',
    ),
    "alias that is only read": (
        "cache_timeout: int",
        'ttl: int = Field(validation_alias=AliasChoices("CACHE_TTL", "CACHE"))',
        'Legacy(rename("cache_timeout", to="ttl"), **WINDOW)',
    ),
    "alias of an old class": (
        'timeout: int = Field(alias="cache_timeout")',
        "ttl: int",
        'Legacy(rename("cache_timeout", to="ttl"), **WINDOW)',
    ),
    "secret": (
        "token: SecretStr",
        "api_token: SecretStr",
        'Legacy(rename("token", to="api_token"), was=SecretStr, **WINDOW)',
    ),
    "chain of declarations": (
        "a: int",
        "c: int",
        'Legacy(rename("b", to="c"), **WINDOW), Legacy(rename("a", to="b"), since="2.0", remove_in="2.3")',
    ),
}
HELPERS = """
def seconds(minutes: int) -> int:
    return minutes * 60


class Database(BaseModel):
    url: str


class Toolbar(BaseModel):
    shown: bool
"""


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_run(shop: Shop, kind: str) -> None:
    """Without its declaration each change blocks; with it each is covered, and what goes is said to go."""
    before, after, declaration = KINDS[kind]
    shop.write(f"{HELPERS}{CLASS}    {before}\n")
    shop.freeze()
    without = shop.released(f"{HELPERS}{CLASS}    {after}\n", version=2)
    shop.write(f"{HELPERS}{CLASS}    {after}\n", declaration, version=2)

    assert [] != blocking(without)
    assert [] == blocking(shop.check())


def test_secret_comes_through_as_it_is(shop: Shop) -> None:
    """Not as the asterisks that stand for it elsewhere."""
    _, after, declaration = KINDS["secret"]
    shop.write(f"{CLASS}    {after}\n", declaration, version=2)

    event = registry_of(shop.settings_class).codec().decode_payload("AppSettings", 1, b'{"token": "hunter2"}')

    assert "hunter2" == event.api_token.get_secret_value()


def test_value_that_a_conversion_loses_is_found(frozen: Shop) -> None:
    """A declaration is no excuse: whatever the old key holds, the settings are the same."""
    source = f"def always(value: int) -> int:\n    return 60\n\n{RENAMED}"
    declaration = RENAME.replace(", **", ', convert("cache_ttl_seconds", always), was=int, **')

    ran = frozen.released(source, declaration, version=2)

    assert ("U907", "/cache_timeout") in blocking(ran)


BOTH = f"{PLAIN}    cache_ttl_seconds: int\n"


def test_successor_that_wins_is_declared(shop: Shop) -> None:
    """Where settings have both spellings the old one goes without effect, which is how it was declared."""
    shop.write(BOTH)
    shop.freeze()

    assert [] == blocking(shop.released(RENAMED, RENAME, version=2))


def test_successor_under_its_alias_wins(shop: Shop) -> None:
    """A key counts by whatever name the class takes it."""
    alias = '    ttl: int = Field(alias="CACHE_TTL")\n'
    shop.write(f"{PLAIN}{alias}")
    shop.freeze()
    declaration = 'Legacy(rename("cache_timeout", to="ttl"), **WINDOW)'

    assert [] == blocking(shop.released(f"{CLASS}{alias}    api_token: SecretStr\n", declaration, version=2))


def test_equal_values_are_no_conflict(shop: Shop) -> None:
    """Both spellings may be set where they say the same."""
    only_one = BOTH.replace("timeout: int", "timeout: Literal[60]").replace("seconds: int", "seconds: Literal[60]")
    shop.write(only_one)
    shop.freeze()
    after = RENAMED.replace("seconds: int", "seconds: Literal[60]")

    assert [] == blocking(shop.released(after, RENAME, version=2, conflicts="error"))


def test_key_that_is_not_taken_any_more_is_ignored_beside_its_successor(shop: Shop) -> None:
    """Whoever has the new spelling starts, whatever else is left over."""
    shop.write(BOTH)
    shop.freeze()

    assert [] == blocking(shop.released(RENAMED, RENAME, version=2, release="2.3.0"))


def test_value_that_is_not_taken_any_more_blocks(shop: Shop) -> None:
    """A retired value is replaced only while its time lasts."""
    before, after, declaration = KINDS["retired value"]
    shop.write(f"{CLASS}    {before}\n")
    shop.freeze()

    ran = shop.released(f"{CLASS}    {after}\n", declaration, version=2, release="2.3.0")

    assert ("U905", "") in blocking(ran)
    assert "a value of log_level was retired in 2.1.0 and is not taken since 2.3.0" in found(ran, "U905").message


def test_conflict_that_is_refused_blocks(shop: Shop) -> None:
    """Where both spellings may differ and that is refused, there are settings that do not start."""
    shop.write(BOTH)
    shop.freeze()

    ran = shop.released(RENAMED, RENAME, version=2, conflicts="error")

    assert ("U905", "") in blocking(ran)
    assert "cache_timeout and cache_ttl_seconds are set to different values" in found(ran, "U905").message


def test_value_that_cannot_be_converted_is_found(shop: Shop) -> None:
    """A text that has no separator fails the declaration; the value is not repeated in the message."""
    shop.write(f"{CLASS}    address: str\n")
    shop.freeze()
    declaration = 'Legacy(split_field("address", into=["host", "port"], separator=":"), **WINDOW)'

    ran = shop.released(f"{CLASS}    host: str\n    port: str\n", declaration, version=2)

    assert ("U905", "") in blocking(ran)


def test_function_and_declarations_go_together(frozen: Shop) -> None:
    """What was declared of keys runs behind the upcaster of the last version."""
    function = "def nothing(payload):\n    return {**payload, 'region': 'north'}\n\n"
    frozen.write(f"{function}{RENAMED}    region: str\n", RENAME, "upcasters={1: nothing}", version=2)
    frozen.freeze()

    report = frozen.check()

    assert [] == blocking(report)
    assert "(nothing, " in found(report, "U109").covered_by


def test_constant_of_a_function_stays_as_it_is(frozen: Shop) -> None:
    """What an upcaster returns may be a constant of its module, which the declarations must not write into."""
    function = "FIXED = {'cache_timeout': 60, 'api_token': 'x'}\n\n\ndef fixed(payload):\n    return FIXED\n\n"
    frozen.write(f"{function}{RENAMED}", RENAME, "upcasters={1: fixed}", version=2)
    settings_class = frozen.settings_class

    event = registry_of(settings_class).codec().decode_payload("AppSettings", 1, b"{}")

    assert 60 == event.cache_ttl_seconds
    assert {"cache_timeout": 60, "api_token": "x"} == sys.modules[settings_class.__module__].FIXED


def test_upcaster_that_does_the_same_is_no_defect(frozen: Shop) -> None:
    """Files may have a chain and the environment a declaration for one and the same change."""
    ran = frozen.released(RENAMED, RENAME, 'upcasters={1: rename("cache_timeout", to="cache_ttl_seconds")}', version=2)

    assert [] == blocking(ran)


@pytest.mark.parametrize(
    "change",
    [
        ('was=int, defaults={"smtp_port": []}', 'was=int, defaults={"smtp_port": "1"}'),
        ('remove_in="2.3"', 'remove_in="2.2", warn_in="2.1"'),
        ("2.2.0", "2.3.0"),
    ],
)
def test_edited_declaration_is_looked_at_again(shop: Shop, change: tuple[str, str]) -> None:
    """What is remembered of an earlier run counts only while the declarations are the same."""
    source = f'{CLASS}    smtp_host: str\n    smtp_port: str = "25"\n'
    declaration = (
        'Legacy(join_fields(["smtp_host", "smtp_port"], to="smtp_address", separator=":"), was={"smtp_port": str}, '
        'defaults={"smtp_port": "1"}, since="2.1", remove_in="2.3")'
    )
    shop.write(source)
    shop.freeze()
    arguments: dict[str, Any] = {"version": 2, "release": "2.2.0"}
    shop.released(f"{CLASS}    smtp_address: str\n", declaration, **arguments)
    fine = shop.check(cache=shop.folder / "cache")
    old, new = ('"1"', "[]") if "was" in change[0] else change
    arguments["release"] = arguments["release"].replace(old, new)
    shop.write(f"{CLASS}    smtp_address: str\n", declaration.replace(old, new), **arguments)

    assert [] == blocking(fine)
    assert "U905" in [rule for rule, _ in blocking(shop.check(cache=shop.folder / "cache"))]


def test_third_release(frozen: Shop) -> None:
    """What old settings were to the release before is nothing that anybody stored, so it may change."""
    frozen.released(RENAMED, RENAME, version=2)
    source = f"{HELPERS}{RENAMED}".replace("    api_token: SecretStr", "    token: SecretStr")

    report = frozen.released(source, RENAME, 'Legacy(rename("api_token", to="token"), **WINDOW)', version=3)

    assert [] == [each for each in report.findings if each.blocks or each.rule in {"U915", "U917"}]


def test_declaration_that_makes_something_else_is_found(frozen: Shop) -> None:
    """Under one version what old settings become stays as it was recorded."""
    source = f"def plus(value: int) -> int:\n    return value + 1\n\n{RENAMED}"
    frozen.released(RENAMED, RENAME, version=2)
    frozen.write(source, RENAME.replace(", **", ', convert("cache_ttl_seconds", plus), was=int, **'), version=2)

    assert ["U917"] == [rule for rule, _ in blocking(frozen.check())]


# --- the class without its sources ----------------------------------------------------------------------------------


def test_no_source_is_read(frozen: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects are made of the payload alone, whatever is set here."""
    monkeypatch.setenv("APP_CACHE_TIMEOUT", "60")
    monkeypatch.setenv("APP_API_TOKEN", "hunter2")

    codec = registry_of(frozen.settings_class).codec()

    with pytest.raises(Exception, match="cache_timeout: missing"):
        codec.decode_payload("AppSettings", 1, b"{}")
    event = codec.decode_payload("AppSettings", 1, b'{"cache_timeout": "70", "api_token": "x"}')
    assert 70 == event.cache_timeout


def test_versions_are_those_of_files(frozen: Shop) -> None:
    """What files without a version are, and which later ones are read, is known to the gate too."""
    frozen.write(RENAMED.replace('"APP_"', '"APP_", extra="ignore"'), RENAME, version=2, unversioned=1, reads_up_to=3)
    codec = registry_of(frozen.settings_class).codec()

    old = codec.decode(b'{"type": "AppSettings", "data": {"cache_timeout": 70, "api_token": "x"}}')
    new = codec.decode_payload("AppSettings", 3, b'{"cache_ttl_seconds": 70, "api_token": "x", "region": "north"}')

    assert [70, 70] == [old.cache_ttl_seconds, new.cache_ttl_seconds]


def test_class_is_called_as_it_is(frozen: Shop) -> None:
    """Findings and frozen files speak of the class that somebody wrote."""
    settings_class = frozen.settings_class
    codec = registry_of(settings_class).codec()
    event = codec.decode_payload("AppSettings", 1, b'{"cache_timeout": 70, "api_token": "x"}')

    made: Any = type(event)
    named = ("__module__", "__qualname__", "__name__", "__doc__")
    assert [getattr(settings_class, name) for name in named] == [getattr(made, name) for name in named]
    assert issubclass(made, settings_class)
    assert made.__pydantic_custom_init__ is False


def test_validators_and_forbidden_keys_stay(shop: Shop) -> None:
    """What the class refuses, the gate sees refused."""
    validator = '    @field_validator("cache_timeout")\n    @classmethod\n    def look(cls, value):\n'
    shop.write(f"{PLAIN}{validator}        assert value != 7\n        return value\n")
    codec = registry_of(shop.settings_class).codec()

    with pytest.raises(Exception, match="assertion_error"):
        codec.decode_payload("AppSettings", 1, b'{"cache_timeout": 7, "api_token": "x"}')
    with pytest.raises(Exception, match="extra_forbidden"):
        codec.decode_payload("AppSettings", 1, b'{"cache_timeout": 8, "api_token": "x", "other": 1}')


def test_place_is_that_of_the_class(frozen: Shop) -> None:
    """Findings point at the line where the class is decorated."""
    ran = frozen.released(RENAMED, version=2)
    path = frozen.folder / "shop" / "settings.py"
    line = path.read_text(encoding="utf-8").splitlines().index("@versioned(version=2)") + 1

    assert {f"shop/settings.py:{line}"} == {each.place for each in ran.findings if each.blocks}


def test_no_secret_is_told(shop: Shop) -> None:
    """Neither a frozen file nor a finding repeats the default of a secret."""
    shop.write(f'{CLASS}    api_token: SecretStr = SecretStr("hunter2")\n')
    shop.freeze()
    report = shop.check()

    texts = [path.read_text(encoding="utf-8") for path in (shop.folder / "schemas").rglob("*") if path.is_file()]
    assert "hunter2" not in "".join([*texts, repr(report)])


def test_registry_of_something_else() -> None:
    """Only settings classes have one."""
    with pytest.raises(TypeError, match="is no class of pydantic-settings"):
        registry_of(int)  # type: ignore[type-var]  # that is what is tested


def test_settings_in_settings_are_refused(shop: Shop) -> None:
    """They would be filled from the environment of whoever runs the gate, so nothing would be seen missing."""
    shop.write(f"class Inner(BaseSettings):\n    url: str\n\n{CLASS}    inner: Inner\n")

    done = shop.run("schema", "freeze", TARGET)

    assert 2 == done.code
    assert "AppSettings holds the settings class Inner" in done.err


def test_one_registry_for_events_and_settings(frozen: Shop) -> None:
    """Whoever wants one gate for everything includes it."""
    events = Registry()
    events.include(registry_of(frozen.settings_class))

    done = freeze(events, frozen.folder / "all")

    assert [("AppSettings", "frozen")] == [(each.event, each.outcome) for each in done]
    assert check(events, frozen.folder / "all").ok


# --- the commands ---------------------------------------------------------------------------------------------------


def test_release_after_release(shop: Shop) -> None:
    """From the class as it was found to a declared rename, by the commands that a team runs."""
    first = [shop.run("schema", command, TARGET) for command in ("freeze", "check")]
    shop.write(RENAMED, version=2)
    undeclared = [shop.run("schema", command, TARGET) for command in ("freeze", "check")]
    shop.write(RENAMED, RENAME, version=2)
    declared = [shop.run("schema", command, TARGET) for command in ("freeze", "check")]

    assert [0, 0] == [each.code for each in first]
    assert [0, 1] == [each.code for each in undeclared]
    assert '  witness: {"cache_timeout":' in undeclared[1].out
    assert [0, 0] == [each.code for each in declared], declared[1].out
    assert declared[1].out.startswith("ok: 1 covered; 1 type, 2 versions, ")  # and were run in other environments


def test_diff_takes_a_settings_class(frozen: Shop) -> None:
    """What differs between what is frozen and today's class."""
    frozen.write(RENAMED, version=2)

    done = frozen.run("schema", "diff", "schemas#AppSettings", f"{TARGET}#AppSettings", "--policy", "backward")

    assert 1 == done.code
    assert "U109" in done.out


def test_export_takes_a_settings_class(frozen: Shop) -> None:
    """Its JSON Schema, for editors."""
    done = frozen.run("schema", "export", f"{TARGET}#AppSettings")

    assert 0 == done.code
    assert {"cache_timeout", "api_token"} == msgspec.json.decode(done.out)["properties"].keys()


def test_revise_tells_what_to_declare(frozen: Shop) -> None:
    """The steps as declarations, to be completed by the releases that only the team knows; nothing is written."""
    frozen.write(RENAMED)
    before = (frozen.folder / "shop" / "settings.py").read_text(encoding="utf-8")

    done = frozen.run(
        "schema",
        "revise",
        TARGET,
        "AppSettings",
        "--yes",
        "--write",
        "--answer",
        "cache_ttl_seconds=rename:cache_timeout",
    )

    assert 0 == done.code
    assert 'Legacy(rename("cache_timeout", to="cache_ttl_seconds"), since=' in done.out
    assert "    version=2,\n" in done.out
    assert before == (frozen.folder / "shop" / "settings.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "answer", "told"),
    [
        ("debug: bool", "", "", 'Legacy(remove("debug"), reason="WHY", since='),
        ("size: int", "size: str", "", 'upcasters={1: [convert("size", str)]}'),
        ("", "region: str", 'region=json:"north"', 'upcasters={1: [add("region", "north")]}'),
        ("", "region: str", "", "to be decided: region"),
    ],
)
def test_revise_of_other_changes(shop: Shop, before: str, after: str, answer: str, told: str) -> None:
    """What goes needs a reason; what is no key's going is for files with a version; what is open is said."""
    shop.write(f"{CLASS}    name: str\n    {before}\n")
    shop.freeze()
    shop.write(f"{CLASS}    name: str\n    {after}\n")

    done = shop.run("schema", "revise", TARGET, "AppSettings", "--yes", *(["--answer", answer] if answer else []))

    assert told in done.out
    assert ("to be decided" in told) == bool(done.code)


def test_revise_of_what_is_frozen(frozen: Shop) -> None:
    """There is nothing to be declared."""
    done = frozen.run("schema", "revise", TARGET, "AppSettings", "--yes")

    assert (0, "the class is what is frozen\n") == (done.code, done.out)


@pytest.mark.parametrize("name", ["HEAD", "Literal", "BaseModel"])
def test_other_things_are_refused(frozen: Shop, name: str) -> None:
    """A class that is no settings class, and anything else, is no registry."""
    path = frozen.folder / "shop" / "settings.py"
    path.write_text(f"HEAD = 1\n{path.read_text(encoding='utf-8')}", encoding="utf-8")

    done = frozen.run("schema", "check", f"shop.settings:{name}")

    assert 2 == done.code
    assert "neither a Registry nor a Codec" in done.err


def test_gate_works_without_the_extra(tmp_path: Path) -> None:
    """Nothing of `upcast schema` needs pydantic-settings."""
    (tmp_path / "events.py").write_text(
        "from pydantic import BaseModel\nfrom upcast import Registry\nevents = Registry()\n\n\n"
        '@events.event("order.placed", version=1)\nclass OrderPlaced(BaseModel):\n    id: str\n',
        encoding="utf-8",
    )
    code = (
        "import sys\nsys.modules['pydantic_settings'] = None\nfrom upcast.cli import main\n"
        "for command in ('freeze', 'check'):\n"
        "    sys.argv = ['upcast', 'schema', command, 'events:events']\n    assert main() == 0\n"
        "sys.argv = ['upcast', 'schema', 'check', 'events:OrderPlaced']\nassert main() == 2\n"
        "assert not [name for name in sys.modules if name.startswith('upcast.settings')]\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    assert 0 == done.returncode, done.stderr
    assert "neither a Registry nor a Codec" in done.stderr
