"""Required settings that the manifests do not have: what would not start is found before it is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.lint.linted import env_file, told
from upcast import join_fields, move, rename
from upcast.settings import Legacy, versioned
from upcast.settings.lint import Text, lint

if TYPE_CHECKING:
    from pathlib import Path


class Database(BaseModel):
    """Something nested with a required setting."""

    url: str
    pool: int = 5


@versioned(
    Legacy(rename("password", to="token"), since="2.1", remove_in="2.4"),
    Legacy(rename("login", to="user"), since="1.0", remove_in="2.0"),
    Legacy(move("db_url", to="database.url"), since="2.1", remove_in="2.4"),
    Legacy(join_fields(["a", "b"], to="c", separator=":"), since="2.1", remove_in="2.4"),
    release="2.2.0",
)
class Needy(BaseSettings):
    """Settings that nobody has yet."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__")

    token: str
    user: str
    database: Database
    replica: Database | None = None
    c: str
    host: str = ""


EVERYTHING = {"APP_TOKEN": "t", "APP_USER": "u", "APP_DATABASE__URL": "d", "APP_C": "1"}


def missing(variables: dict[str, str], **options: object) -> list[tuple[object, ...]]:
    """The keys that a container with these variables lacks."""
    env = "".join(f"\n      {name}: '{value}'" for name, value in variables.items())
    text = f"services:\n  web:\n    environment:{env}\n"
    found = lint(Needy, manifests=[Text("compose.yaml", text)], containers=["web"], **options)  # type: ignore[arg-type]  # any of them
    assert {2} >= {each.line for each in found if each.slug == "required-setting-missing"}
    return [(key, severity) for _, severity, key, _ in told(found, "required-setting-missing")]


def test_everything_is_there() -> None:
    """Nothing is missing where every required setting is set."""
    assert [] == missing(EVERYTHING)


@pytest.mark.parametrize(
    ("name", "key"), [("APP_TOKEN", "token"), ("APP_USER", "user"), ("APP_DATABASE__URL", "database"), ("APP_C", "c")]
)
def test_one_is_missing(name: str, key: str) -> None:
    """A new required setting that the manifest does not have is an error."""
    assert [(key, "error")] == missing({each: value for each, value in EVERYTHING.items() if each != name})


@pytest.mark.parametrize(
    ("instead_of", "given"),
    [
        ("APP_TOKEN", {"app_password": "t"}),
        ("APP_DATABASE__URL", {"APP_DB_URL": "u"}),
        ("APP_DATABASE__URL", {"APP_DATABASE": '{"url": "u"}'}),
        ("APP_DATABASE__URL", {"APP_DATABASE": "${FROM_ELSEWHERE}"}),
        ("APP_C", {"APP_A": "1", "APP_B": "2"}),
    ],
)
def test_other_spellings_set_it_too(instead_of: str, given: dict[str, str]) -> None:
    """Legacy keys that are still taken, JSON texts and values from elsewhere set it."""
    assert [] == missing({name: value for name, value in EVERYTHING.items() if name != instead_of} | given)


def test_removed_key_sets_nothing() -> None:
    """A legacy key that is not taken any more does not help."""
    given = {name: value for name, value in EVERYTHING.items() if name != "APP_USER"} | {"APP_LOGIN": "u"}
    assert [("user", "error")] == missing(given)


def test_inside_of_a_nested_setting() -> None:
    """Of a nested setting that is partly set, what it requires itself is asked for; an optional one need not be set."""
    without = {name: value for name, value in EVERYTHING.items() if name != "APP_DATABASE__URL"}
    assert [("database.url", "error")] == missing(without | {"APP_DATABASE__POOL": "1"})
    assert [("replica.url", "error")] == missing(EVERYTHING | {"APP_REPLICA__POOL": "1"})


def test_default_that_is_changed_in_parts() -> None:
    """Where parts of a nested default may be set, the rest of it is that of the default."""

    class Parts(BaseSettings):
        model_config = SettingsConfigDict(env_nested_delimiter="__", nested_model_default_partial_update=True)
        database: Database = Database(url="u")

    text = "services: {web: {environment: {DATABASE__POOL: 1}}}"
    assert () == lint(Parts, manifests=[Text("m", text)])


def test_key_that_a_config_map_does_not_have() -> None:
    """A variable from a key that is not there is not set."""
    config_map = "kind: ConfigMap\nmetadata: {name: c}\ndata: {there: t}\n---\n"
    env = "".join(f"{{name: {name}, value: x}}, " for name in EVERYTHING if name != "APP_TOKEN")
    for key, expected in (("there", []), ("gone", ["token"])):
        token = f"{{name: APP_TOKEN, valueFrom: {{configMapKeyRef: {{name: c, key: {key}}}}}}}"
        text = f"{config_map}kind: Pod\nspec: {{containers: [{{name: app, env: [{env}{token}]}}]}}"
        assert expected == [each.key for each in lint(Needy, manifests=[Text("m", text)])]


def test_files_of_the_image_set_it(tmp_path: Path) -> None:
    """What a TOML file of the image sets need not stand in the manifest; a `.env` file is not in an image."""
    given = {name: value for name, value in EVERYTHING.items() if name != "APP_TOKEN"}
    file = env_file(tmp_path, 'token = "t"', "a.toml")
    assert [] == missing(given, files=[file])
    assert [("token", "error")] == missing(given, files=[env_file(tmp_path, "APP_TOKEN=t")])


def test_message_names_variable_and_container() -> None:
    """The message says what to set and where."""
    found = lint(Needy, manifests=[Text("m", "services: {web: {environment: {APP_HOST: h}}}")])
    [finding] = [each for each in found if each.key == "token"]
    assert "nothing sets APP_TOKEN for service web, and it is required" == finding.message


@pytest.mark.parametrize(
    ("config", "pod", "unseen"),
    [
        ({}, "envFrom: [{secretRef: {name: s}}]", "Secret s"),
        (
            {"secrets_dir": "/run/secrets/app"},
            "volumeMounts: [{name: v, mountPath: /run/secrets}]",
            "what is mounted at /run/secrets",
        ),
        ({"toml_file": "app.toml"}, "image: i", "a file of its image"),
        ({"cli_parse_args": True}, "image: i", "its command line"),
    ],
)
def test_what_was_not_seen_may_set_it(config: dict[str, object], pod: str, unseen: str) -> None:
    """Where something else may set it that was not looked at, it is a warning that says what."""

    class Other(BaseSettings):
        model_config = SettingsConfigDict(**config)  # type: ignore[typeddict-item]  # any of them
        token: str

    text = f"kind: Pod\nspec: {{containers: [{{name: app, {pod}}}]}}"
    found = lint(Other, manifests=[Text("m", text)], containers=["app"])
    [finding] = [each for each in found if each.slug == "required-setting-missing"]
    assert ("warning", f"required, unless {unseen} does") == (finding.severity, finding.message.partition("it is ")[2])


def test_file_of_the_image_that_was_seen(tmp_path: Path) -> None:
    """A file of the image that was given excuses nothing more."""

    class Other(BaseSettings):
        model_config = SettingsConfigDict(toml_file="app.toml")
        token: str

    options = {"files": [env_file(tmp_path, "", "app.toml")], "containers": ["app"]}
    found = lint(Other, manifests=[Text("m", "kind: Pod\nspec: {containers: [{name: app}]}")], **options)  # type: ignore[arg-type]  # as above
    assert [("required-setting-missing", "error", "token", 2)] == told(found)


def test_mounts_elsewhere_set_nothing() -> None:
    """A volume that is not where the class looks for secrets does not excuse a missing variable."""

    class Other(BaseSettings):
        model_config = SettingsConfigDict(secrets_dir="/run/secrets")
        token: str

    text = "kind: Pod\nspec: {containers: [{name: app, volumeMounts: [{name: v, mountPath: /data}]}]}"
    found = lint(Other, manifests=[Text("m", text)], containers=["app"])
    assert [("required-setting-missing", "error", "token", 2)] == told(found)
