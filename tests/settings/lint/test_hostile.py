"""Lint of what nobody means to be read: broken, endless, deep and odd files are findings, and never a crash."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings, SettingsConfigDict

from settings.lint.linted import CANARY, AppSettings, env_file, of_env, of_manifest, told
from upcast.settings.lint import Text, lint
from upcast.settings.manifests import is_manifest

UNREADABLE = "source-unreadable"


def unreadable(path: Path, **options: Any) -> tuple[str, int | None]:
    """Why a file cannot be read, and the line."""
    [found] = [each for each in lint(AppSettings, **(options or {"files": [path]})) if each.slug == UNREADABLE]
    assert (str(path), "error") == (found.file, found.severity)
    assert CANARY not in repr(found)
    return found.message, found.line


@pytest.mark.parametrize("name", [".env", "a.toml", "a.yaml", "a.json"])
def test_files_that_are_not_there(tmp_path: Path, name: str) -> None:
    """A missing file is told, so that a slip in a path is no clean run."""
    assert (f"{name} cannot be read: no such file or directory", None) == unreadable(tmp_path / name)


def test_folder_for_a_file(tmp_path: Path) -> None:
    """A folder is no file."""
    (tmp_path / "a.toml").mkdir()
    assert "a.toml cannot be read: is a directory" == unreadable(tmp_path / "a.toml")[0]


def test_file_of_no_kind(tmp_path: Path) -> None:
    """A file whose name says nothing is not guessed at."""
    expected = "settings.conf is of no known kind: .toml, .yaml, .yml, .json, .env or .env.*"
    assert expected == unreadable(env_file(tmp_path, "", "settings.conf"))[0]


@pytest.mark.parametrize("name", [".env", "a.toml", "a.yaml", "a.json"])
def test_bytes_that_are_no_text(tmp_path: Path, name: str) -> None:
    """A file in another encoding is told without its bytes."""
    path = tmp_path / name
    path.write_bytes(b"APP_TOKEN=\xff" + CANARY.encode())
    assert f"{name} is no text in UTF-8" == unreadable(path)[0]


@pytest.mark.parametrize("name", [".env", "a.toml", "a.yaml", "a.json"])
def test_files_without_end(tmp_path: Path, name: str) -> None:
    """A file is read no further than anything is that people write; a device has no end."""
    (tmp_path / name).symlink_to("/dev/zero")
    limit = "256" if name == ".env" else "1,024"
    assert f"{name} is larger than {limit} KiB" == unreadable(tmp_path / name)[0]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.toml", f"a = 1\nb = {CANARY}", 2),
        ("a.yaml", f"a: 1\nb: [{CANARY}", None),
        ("a.json", f'{{"a": 1,\n"b": {CANARY}}}', 2),
        ("a.json", f'["{CANARY}"]', None),
        ("a.yaml", f"- {CANARY}", None),
    ],
)
def test_broken_files(tmp_path: Path, name: str, text: str, line: int | None) -> None:
    """A file that its library refuses is told with the line, and without a piece of it."""
    assert line in (None, unreadable(env_file(tmp_path, text, name))[1])


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_deep_files(tmp_path: Path, name: str) -> None:
    """What is nested too deep is unreadable."""
    unreadable(env_file(tmp_path, '{"a":' * 50_000 + "1" + "}" * 50_000, name))


@pytest.mark.parametrize("name", ["\0.toml", "x" * 300 + ".toml"])
def test_paths_that_cannot_be(name: str) -> None:
    """A path that no system takes is unreadable."""
    [found] = [each for each in lint(AppSettings, files=[name]) if each.slug == UNREADABLE]
    assert "cannot be read" in found.message


def test_secrets_directory_that_is_none(tmp_path: Path) -> None:
    """A missing directory is told, and so is a secret that is no text."""
    assert "gone is no directory that can be read" == unreadable(tmp_path / "gone", secrets_dirs=[tmp_path / "gone"])[0]
    (tmp_path / "app_token").write_bytes(b"\xff")
    unreadable(tmp_path / "app_token", secrets_dirs=[tmp_path])


def test_links_out_of_a_secrets_directory(tmp_path: Path) -> None:
    """What points elsewhere is no secret of the directory, as pydantic-settings has it."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "app_ttl").symlink_to(env_file(tmp_path, "1"))
    assert [] == told(lint(AppSettings, secrets_dirs=[tmp_path / "s"]))


@pytest.mark.parametrize(
    "text",
    [
        f"kind: Pod\nspec: [{CANARY}",
        f"kind: Pod\nspec: *{CANARY}",
        f"kind: Pod\n\tspec: {CANARY}",
        f"%YAML 9.9\n---\nkind: {CANARY}: x",
        f"kind: Pod\nspec: \0{CANARY}",
        '"' + CANARY,
    ],
)
def test_broken_manifests(text: str) -> None:
    """What is no YAML is told without a piece of it."""
    [found] = lint(AppSettings, manifests=[Text("m.yaml", text)])
    assert (UNREADABLE, "m.yaml is no YAML") == (found.slug, found.message)
    assert CANARY not in repr(found)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n", 3),
        ("{{- if .Values.web }}\nkind: Pod\n{{- end }}\n", None),
        ("kind: Pod\nspec:\n  containers:\n    {{- range .Values.all }}\n    - name: x\n    {{- end }}\n", None),
        ("kind: Pod\nspec:\n  containers:\n    - env:\n      - {name: APP_TTL, value: {{ .Values.ttl }}}\n", 5),
    ],
)
def test_templates(text: str, line: int | None) -> None:
    """A template of Helm is no manifest yet, even where YAML would take it."""
    [found] = lint(AppSettings, manifests=[Text("m.yaml", text)])
    told_of = "m.yaml is a template and no YAML yet: give what it renders to, such as the output of helm template"
    assert (UNREADABLE, told_of) == (found.slug, found.message)
    assert line in (None, found.line)


def test_braces_in_texts_are_no_template() -> None:
    """Quoted braces are values like others."""
    text = "services: {web: {environment: {APP_TOKEN: '{{ x }}', APP_HOST: \"{{ y }}\"}}}"
    assert [] == of_manifest(text)


def test_laughing_aliases() -> None:
    """A billion of aliases in aliases costs nothing, since nothing is made of them."""
    rows = ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{x: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 100)]
    merged = [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 10)}], k{n}: v}}" for n in range(1, 90)]
    text = "\n".join([*rows, "m0: &m0 {APP_TOKEN: t}", *merged, "services: {web: {environment: *m89}}"])
    started = time.monotonic()
    assert [] == of_manifest(text, "required-setting-missing", UNREADABLE)
    assert time.monotonic() - started < 5


def test_too_many_aliases() -> None:
    """More aliases than anybody writes are refused."""
    text = f"a: &a 1\nb: [{', '.join(['*a'] * 2_001)}]\nkind: Pod"
    [found] = lint(AppSettings, manifests=[Text("m.yaml", text)])
    assert "m.yaml has more than 2,000 aliases" == found.message


@pytest.mark.parametrize(
    "text",
    [
        "kind: List\nitems: &i [{kind: List, items: *i}]",
        "&a\nkind: List\nitems: [*a]",
        "services: &s {web: {environment: &e {<<: *e, APP_TOKEN: t}, extends: web}}",
        "kind: Pod\nspec: &p {containers: [{name: app, env: [{name: APP_TOKEN}]}], more: *p}",
    ],
)
def test_manifests_that_hold_themselves(text: str) -> None:
    """An alias inside of what it stands for ends."""
    assert [] == of_manifest(text, UNREADABLE, "required-setting-missing")


def test_manifest_without_end(tmp_path: Path) -> None:
    """A manifest is read no further than any is long."""
    (tmp_path / "m.yaml").symlink_to("/dev/zero")
    path = tmp_path / "m.yaml"
    assert "m.yaml is larger than 4,096 KiB" == unreadable(path, manifests=[path])[0]


def test_long_chain_of_services() -> None:
    """Services that extend one another without end cost nothing."""
    rows = "\n".join(f"  s{number}: {{extends: s{number + 1}}}" for number in range(3_000))
    started = time.monotonic()
    assert [] == of_manifest(f"services:\n{rows}\n  web: {{environment: {{APP_TOKEN: t}}}}", UNREADABLE)
    assert time.monotonic() - started < 5


def test_deep_manifests() -> None:
    """A depth that would end the process is refused before."""
    [found] = lint(AppSettings, manifests=[Text("m.yaml", "[" * 100_000)])
    assert "m.yaml is nested deeper than 100 levels" == found.message


def test_large_manifests() -> None:
    """A manifest of twenty thousand variables is read in seconds."""
    rows = "\n".join(f"  - {{name: A{n}, value: '{n}'}}" for n in range(20_000))
    text = f"x: &env\n{rows}\nkind: Pod\nspec: {{containers: [{{name: app, env: *env}}]}}"
    started = time.monotonic()
    assert [("required-setting-missing", "error", "token", 20_003)] == of_manifest(text, containers=["app"])
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "text",
    [
        "kind: Pod\nspec: 3",
        "kind: Pod\nspec: {containers: {a: 1}}",
        "kind: Pod\nspec: {containers: [1, [2], null, {name: [x]}]}",
        "kind: Pod\nspec: {containers: [{env: 5, envFrom: {a: 1}, volumeMounts: x}]}",
        "kind: Pod\nspec: {containers: [{env: [1, {value: x}, {name: }, {name: {a: b}}]}]}",
        "kind: Pod\nspec: {containers: [{env: [], envFrom: [1, {}, {secretRef: 3}]}]}",
        "kind: Pod\nspec: {containers: [{env: [{name: X, valueFrom: 3}]}]}",
        "kind: Pod\nspec: {containers: [{env: [{name: Y, valueFrom: {configMapKeyRef: []}}]}]}",
        "kind: ConfigMap\ndata: [1]",
        "kind: Secret\ndata: {APP_TTL: '%%%', APP_USER: {a: b}, APP_LOGIN: '/w=='}",
        "kind: {a: b}",
        "? {kind: Pod}\n: 1",
        "services: {web: 3, db: {environment: 4, env_file: {a: b}, extends: [1], secrets: x}, x: }",
        "services: {web: {environment: [1, {APP_TTL: x}, '=x', '']}}",
        "[]",
        "3",
        "",
    ],
)
def test_odd_manifests(text: str) -> None:
    """What has another shape than it should is passed over."""
    assert not [each for each in of_manifest(text) if each[1] == "error" and each[0] != UNREADABLE]


def test_file_that_is_no_manifest(tmp_path: Path) -> None:
    """A file that was named as a manifest and is none is told; a folder without any too."""
    file = env_file(tmp_path, "replicas: 3", "values.yaml")
    expected = "values.yaml is a manifest of neither Kubernetes nor compose"
    assert expected == unreadable(file, manifests=[file])[0]
    (tmp_path / "empty").mkdir()
    assert "empty has no .yaml or .yml file" == unreadable(tmp_path / "empty", manifests=[tmp_path / "empty"])[0]


def test_what_a_manifest_is(tmp_path: Path) -> None:
    """Kubernetes says what it is, also far down in a long file; compose by its name; what cannot be read is none."""
    long = f"# {'x' * 2_000_000}\napiVersion: v1\nkind: Pod\n"
    assert is_manifest(env_file(tmp_path, long, "a.yaml"))
    assert is_manifest(env_file(tmp_path, "", "docker-compose.prod.yml"))
    assert not is_manifest(env_file(tmp_path, "x: {apiVersion: v1, kind: Pod}", "b.yaml"))
    assert not is_manifest(env_file(tmp_path, "apiVersion: v1\nkind: Pod", "c.toml"))
    assert not is_manifest(tmp_path / "gone.yaml")


def test_manifest_that_is_not_there(tmp_path: Path) -> None:
    """A missing manifest is told."""
    assert unreadable(tmp_path / "m.yaml", manifests=[tmp_path / "m.yaml"])[0].endswith("no such file or directory")


def test_pieces_of_a_secret_are_no_keys(tmp_path: Path) -> None:
    """Lines of a private key that was not quoted look like keys, and are not repeated; nor are other odd names."""
    lines = ["APP_TOKEN=-----BEGIN", f"MIIEvQIBADANBg{CANARY}", f"{CANARY}Xy9==", f"{CANARY}+/==", "9" + CANARY + "=x"]
    found = lint(AppSettings, files=[env_file(tmp_path, "\n".join(lines))])
    assert CANARY not in repr(found)
    assert {"a key is no setting of the class: the class refuses it"} == {
        each.message for each in found if each.slug == "setting-unknown"
    }


def test_names_that_command_a_terminal(tmp_path: Path) -> None:
    """What a terminal would obey, and what no JSON can hold, is escaped."""
    path = tmp_path / "a\x1b[31m\udc80.toml"
    path.write_text("cache_timeout = 1\nworkers = 1", encoding="utf-8")
    pod = '{containers: [{name: "\\r\\n::error", env: [{name: APP_HOST}]}]}'
    text = f'kind: Pod\nmetadata: {{name: "w\\e[2Jeb"}}\nspec: {pod}'
    found = lint(AppSettings, files=[path], manifests=[Text("m", text)], environ={"APP_CACHE_TL\udc80": "1"})
    assert 3 == len(found)
    for each in found:
        assert (each.message + each.remedy + each.file + each.about).isprintable()


def test_environment_with_anything() -> None:
    """Names and values of an environment may be anything."""
    odd = {"": "x", "=": "y", "APP_": "1", "APP___": "1", "APP_DATABASE__": "1", "APP_DATABASE____URL": "1", "é": "2"}
    assert {"setting-unknown"} == {slug for slug, _, _, _ in told(lint(AppSettings, environ=odd))}


@pytest.mark.parametrize(
    "value", ['{"url": ', '{"url": {"a": 1}}', "[1]", '{"a": ' * 10_000, "{" * 100_000, '"x"', "null", "NaN"]
)
def test_odd_texts_of_nested_settings(tmp_path: Path, value: str) -> None:
    """A nested setting may hold any text."""
    found = of_env(tmp_path, f"APP_DATABASE='{value}'\nAPP_DB_URL=u\nAPP_DATABASE__POOL=1")
    assert ("legacy-key-used", "warning", "db_url", 2) in found


def test_nothing_is_left_open(tmp_path: Path) -> None:
    """Files are closed, whatever stands in them."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    for name in (".env", "a.toml", "a.yaml", "a.json", "m.yaml"):
        env_file(tmp_path, "kind: [", name)
    for _ in range(20):
        lint(
            AppSettings,
            files=[tmp_path / name for name in (".env", "a.toml", "a.yaml", "a.json")],
            manifests=[tmp_path],
        )
    assert before == len(list(Path("/proc/self/fd").iterdir()))


class Recursive(BaseSettings):
    """Settings that hold themselves."""

    model_config = SettingsConfigDict(env_prefix="R_", env_nested_delimiter="__")

    name: str
    child: Recursive | None = None


def test_class_that_holds_itself() -> None:
    """The walk through a recursive class ends."""
    found = lint(Recursive, environ={"R_CHILD__CHILD__NAM": "x"})
    assert [("setting-unknown", "error", "", None)] == told(found)
    text = "services: {web: {environment: {R_CHILD__CHILD__NAME: x}}}"
    found = lint(Recursive, manifests=[Text("m", text)])
    assert ["child.name", "name"] == [each.key for each in found]
