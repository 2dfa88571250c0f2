"""Lint of manifests of Kubernetes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from settings.lint.linted import AppSettings, env_file, of_manifest, told
from upcast.settings.lint import Text, lint

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "{name: APP_TOKEN, value: t}"


def pod(env: str, more: str = "") -> str:
    """The specification of a pod with a container, in one line."""
    return f"{{containers: [{{name: app, env: [{TOKEN}, {env}]{more}}}]}}"


def deployment(env: str, more: str = "", name: str = "web") -> str:
    """A deployment whose environment stands in line 5."""
    head = f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
    return f"{head}spec:\n  template: {{spec: {pod(env, more)}}}\n"


OLD = "{name: APP_CACHE_TIMEOUT, value: '70'}"


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Pod", "spec: {}"),
        ("Deployment", "spec: {{template: {{spec: {}}}}}"),
        ("StatefulSet", "spec: {{template: {{spec: {}}}}}"),
        ("DaemonSet", "spec: {{template: {{spec: {}}}}}"),
        ("Job", "spec: {{template: {{spec: {}}}}}"),
        ("CronJob", "spec: {{jobTemplate: {{spec: {{template: {{spec: {}}}}}}}}}"),
        ("Rollout", "spec: {{template: {{spec: {}}}}}"),
    ],
)
def test_every_workload(kind: str, spec: str) -> None:
    """The containers of every kind of workload are looked at, also of kinds that others made."""
    text = f"kind: {kind}\nmetadata: {{name: web}}\n" + spec.replace("{}", "%s").replace("{{", "{").replace("}}", "}")
    assert [("legacy-key-used", "warning", "cache_timeout", 3)] == of_manifest(text % pod(OLD))


def test_lines_of_a_plain_manifest() -> None:
    """A key is told at the line of its name; the other lines are as people write them."""
    text = """\
# the shop
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      initContainers:
        - name: migrate
          env:
            - name: APP_TTL
              value: "1"
            - name: APP_TOKEN
              value: t
      containers:
        - name: app
          env:
            - value: "70"
              name: APP_CACHE_TIMEOUT   # old
            - name: APP_TOKEN
              value: t
"""
    assert [
        ("legacy-key-used", "warning", "ttl", 12),
        ("legacy-key-used", "warning", "cache_timeout", 20),
    ] == of_manifest(text)


def test_documents_and_lists() -> None:
    """Several documents and lists of resources are looked at one by one; empty documents are nothing."""
    item = deployment(OLD).replace("\n", "\n    ")
    text = f"---\n---\n{deployment(OLD)}---\napiVersion: v1\nkind: List\nitems:\n  - {item}\n"
    assert [7, 16] == [line for _, _, _, line in of_manifest(text)]


CONFIG_MAP = "\n---\nkind: ConfigMap\nmetadata: {name: shop}\ndata:\n  APP_CACHE_TIMEOUT: '70'\n"
SECRET = "\n---\nkind: Secret\nmetadata: {name: shop}\n"


def test_config_map_that_a_container_takes() -> None:
    """What stands in a ConfigMap is told there, and compared with what the container says itself."""
    env = "{name: APP_CACHE_TTL, value: '71'}"
    text = deployment(env, ", envFrom: [{configMapRef: {name: shop}}]") + CONFIG_MAP
    assert [
        ("legacy-key-used", "warning", "cache_timeout", 11),
        ("legacy-key-conflict", "error", "cache_timeout", 11),
    ] == of_manifest(text)


def test_two_containers_of_one_config_map() -> None:
    """What several containers take is told once."""
    more = ", envFrom: [{configMapRef: {name: shop}}]"
    text = "\n---\n".join((deployment(OLD, more), deployment("{name: X}", more, "api"))) + CONFIG_MAP
    assert [5, 18] == [line for _, _, _, line in of_manifest(text)]


def test_variable_of_the_container_overrides_that_of_a_config_map() -> None:
    """As Kubernetes has it: `env` over `envFrom`."""
    text = deployment("{name: APP_LOG_LEVEL, value: INFO}", ", envFrom: [{configMapRef: {name: shop}}]")
    text += CONFIG_MAP.replace("APP_CACHE_TIMEOUT: '70'", "APP_LOG_LEVEL: WARN")
    assert [] == of_manifest(text)


def test_prefix_of_a_reference() -> None:
    """The keys of a ConfigMap get the prefix of the reference."""
    text = deployment("{name: X}", ", envFrom: [{prefix: APP_, configMapRef: {name: shop}}]")
    text += CONFIG_MAP.replace("APP_CACHE_TIMEOUT", "CACHE_TIMEOUT")
    assert [("legacy-key-used", "warning", "cache_timeout", 11)] == of_manifest(text)


@pytest.mark.parametrize(
    "data",
    [f"data: {{APP_CACHE_TIMEOUT: {base64.b64encode(b'70').decode()}}}", "stringData: {APP_CACHE_TIMEOUT: '70'}"],
)
@pytest.mark.parametrize(("new", "conflicts"), [("70", 0), ("71", 1)])
def test_secret_that_a_container_takes(data: str, new: str, conflicts: int) -> None:
    """The values of a Secret are compared as what they are."""
    env = f"{{name: APP_CACHE_TTL, value: '{new}'}}"
    text = deployment(env, ", envFrom: [{secretRef: {name: shop}}]") + SECRET + data
    assert conflicts == len(of_manifest(text, "legacy-key-conflict"))
    assert 1 == len(of_manifest(text, "legacy-key-used"))


@pytest.mark.parametrize(("new", "conflicts"), [("70", 0), ("71", 1)])
def test_value_from_a_config_map(new: str, conflicts: int) -> None:
    """A single variable may come from a ConfigMap, whose value is then known."""
    env = "{name: APP_CACHE_TIMEOUT, valueFrom: {configMapKeyRef: {name: shop, key: timeout}}}"
    text = deployment(f"{env}, {{name: APP_CACHE_TTL, value: '{new}'}}")
    text += CONFIG_MAP.replace("APP_CACHE_TIMEOUT", "timeout")
    assert [("legacy-key-used", "warning", "cache_timeout", 5)] == of_manifest(text, "legacy-key-used")
    assert conflicts == len(of_manifest(text, "legacy-key-conflict"))


@pytest.mark.parametrize(
    "value",
    [
        "valueFrom: {secretKeyRef: {name: elsewhere, key: k}}",
        "valueFrom: {fieldRef: {fieldPath: status.podIP}}",
        "value: $(OTHER)",
    ],
)
def test_both_spellings_with_values_that_cannot_be_seen(value: str) -> None:
    """Whether they differ is not known: a warning, not an error."""
    env = f"{{name: APP_CACHE_TIMEOUT, {value}}}, {{name: APP_CACHE_TTL, value: '70'}}"
    assert [("legacy-key-conflict", "warning", "cache_timeout", 5)] == of_manifest(
        deployment(env), "legacy-key-conflict"
    )


def test_unknown_value_and_a_file(tmp_path: Path) -> None:
    """Across sources nothing is said of values that cannot be seen: that both are set is common."""
    file = env_file(tmp_path, "cache_ttl = 70\nworkers = 1", "a.toml")
    env = "{name: APP_CACHE_TIMEOUT, valueFrom: {secretKeyRef: {name: s, key: k}}}"
    found = lint(AppSettings, files=[file], manifests=[Text("m", deployment(env))])
    assert [("legacy-key-used", "warning", "cache_timeout", 5)] == told(found)
    seen = lint(AppSettings, files=[file], manifests=[Text("m", deployment(OLD.replace("70", "71")))])
    assert [("legacy-key-conflict-across-sources", "warning", "cache_timeout", 5)] == told(
        seen, "legacy-key-conflict-across-sources"
    )


def test_config_map_that_nobody_takes() -> None:
    """A ConfigMap by itself is looked at too; nothing is required of it."""
    text = "apiVersion: v1" + CONFIG_MAP.replace("---\n", "") + "  APP_CACHE_TLL: '1'\n"
    assert [("legacy-key-used", "warning", "cache_timeout", 5), ("setting-unknown", "warning", "", 6)] == of_manifest(
        text
    )


def test_config_map_of_another_namespace() -> None:
    """Of two of one name the one of the workload's namespace counts."""
    other = CONFIG_MAP.replace("{name: shop}", "{name: shop, namespace: b}").replace("APP_CACHE_TIMEOUT", "APP_TTL")
    mine = CONFIG_MAP.replace("{name: shop}", "{name: shop, namespace: a}")
    text = deployment("{name: X}", ", envFrom: [{configMapRef: {name: shop}}]").replace(
        "{name: web}", "{name: web, namespace: a}"
    )
    found = lint(AppSettings, manifests=[Text("m.yaml", text + mine + other)])
    assert ["ConfigMap shop APP_CACHE_TIMEOUT", "ConfigMap shop APP_TTL"] == [
        each.about for each in found if each.slug == "legacy-key-used"
    ]
    wrong = lint(AppSettings, manifests=[Text("m.yaml", text + other)])
    assert [("manifest-unresolved", "info", "", 5)] == told(wrong, "manifest-unresolved")


def test_reference_that_was_not_given() -> None:
    """What a container gets from elsewhere is said to be unseen, with the line of the reference."""
    more = ", envFrom: [{secretRef: {name: tokens}}]"
    found = lint(AppSettings, manifests=[Text("m.yaml", deployment(OLD, more))])
    [unseen] = [each for each in found if each.slug == "manifest-unresolved"]
    assert ("info", 5) == (unseen.severity, unseen.line)
    assert (
        "Deployment web, container app gets variables from Secret tokens, which was not given and not looked at"
        == unseen.message
    )


def test_manifests_are_read_together(tmp_path: Path) -> None:
    """A ConfigMap may stand in another file; folders are read with all that is below them."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "web.yaml").write_text(
        deployment("{name: X}", ", envFrom: [{configMapRef: {name: shop}}]"), encoding="utf-8"
    )
    (tmp_path / "deep" / "config.yml").write_text(CONFIG_MAP, encoding="utf-8")
    (tmp_path / "deep" / "values.yaml").write_text("replicas: 3", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("kind: [", encoding="utf-8")
    [found] = [each for each in lint(AppSettings, manifests=[tmp_path]) if each.severity != "info"]
    assert f"{tmp_path}/deep/config.yml:6" == found.place


def test_container_of_another_program_is_left_alone() -> None:
    """A sidecar has no variable of the class, and nothing is asked of it."""
    sidecar = "{name: proxy, env: [{name: LOG, value: x}]}"
    text = deployment(OLD).replace("containers: [", f"containers: [{sidecar}, ")
    assert [("legacy-key-used", "warning", "cache_timeout", 5)] == of_manifest(text)


def test_no_container_of_the_program() -> None:
    """A lint that looked at nothing says so."""
    text = "kind: Pod\nspec: {containers: [{name: proxy, env: [{name: LOG, value: x}]}]}"
    assert [("container-not-found", "warning", "", None)] == of_manifest(text)


def test_containers_by_name() -> None:
    """Who says which containers run the program gets those judged, also without any variable, and no others."""
    text = "kind: Pod\nspec: {containers: [{name: app}, {name: other, env: [{name: APP_TTL}]}]}"
    assert [("required-setting-missing", "error", "token", 2)] == of_manifest(text, containers=["app"])
    assert [
        ("container-not-found", "warning", "", None),
        ("required-setting-missing", "error", "token", 2),
    ] == of_manifest(text, containers=["app", "apq"])


def test_merge_keys_and_aliases() -> None:
    """Anchors, aliases and merge keys mean what YAML says."""
    text = """\
apiVersion: v1
kind: Pod
x-env: &env
  - &token {name: APP_TOKEN, value: t}
  - name: APP_CACHE_TIMEOUT
    value: '70'
spec:
  containers:
    - &base
      name: app
      env: *env
    - <<: *base
      name: other
"""
    assert [("legacy-key-used", "warning", "cache_timeout", 5)] == of_manifest(text)
