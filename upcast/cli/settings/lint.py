"""`upcast settings lint`: what sets settings in ways that go, that nobody declared, or not at all."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from upcast.cli._problem import CannotRun
from upcast.cli.schema._telling import Telling, telling
from upcast.cli.settings._options import load_settings, settings_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upcast.settings.lint import Text

__all__ = ["command"]

GIT_TAGS = "git-tags"


@click.command(
    "lint",
    epilog="""\b
Examples:
  upcast settings lint shop.settings:AppSettings
  upcast settings lint shop.settings:AppSettings config.toml .env compose.yaml k8s/*.yaml
  upcast settings lint shop.settings:AppSettings --manifest k8s --container app --strict
  helm template chart | upcast settings lint shop.settings:AppSettings --manifest -
  upcast settings lint shop.settings:AppSettings --releases git-tags
  upcast settings lint shop.settings:AppSettings .env --format sarif --output lint.sarif

Exit code: 0 if nothing blocks, 1 if something does, 2 if the command could not run, 130 after Ctrl-C.""",
)
@settings_argument
@click.argument("files", nargs=-1)
@click.option("--env-file", "env_files", metavar="FILE", multiple=True, help="A .env file, whatever it is called.")
@click.option("--environ", "with_environ", is_flag=True, help="Look at the environment of this process too.")
@click.option(
    "--secrets-dir", "secrets_dirs", metavar="FOLDER", multiple=True, help="A directory with a file for each secret."
)
@click.option(
    "--manifest",
    "manifests",
    metavar="FILE|FOLDER|-",
    multiple=True,
    help="A manifest of Kubernetes or compose, a folder of them, or standard input.",
)
@click.option(
    "--container",
    "containers",
    metavar="NAME",
    multiple=True,
    help="A container or service that runs the program; by default those that have one of its variables.",
)
@click.option(
    "--releases",
    metavar="1.0,1.1,...|git-tags",
    help="The releases that were made: checks how long what is declared lives.",
)
@click.option(
    "--min-releases",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="How many releases must take a legacy key before it is removed.",
)
@click.option("--strict", is_flag=True, help="Let warnings block too, as in CI.")
@telling
def command(
    telling: Telling,
    target: str,
    files: tuple[str, ...],
    env_files: tuple[str, ...],
    secrets_dirs: tuple[str, ...],
    manifests: tuple[str, ...],
    containers: tuple[str, ...],
    releases: str | None,
    min_releases: int,
    *,
    with_environ: bool,
    strict: bool,
) -> int:
    """Find old spellings of settings, contradictions, and what is missing.

    FILES are TOML, YAML, JSON and .env files, and manifests: files of Kubernetes, and files that are called as compose
    calls them. Without anything to look at, it is what a start of MODULE:CLASS would read here. No value is printed.
    """
    from upcast.cli.settings._findings import as_findings
    from upcast.schemas.reports.documents import document_of_lint
    from upcast.settings.lint import lint, own_sources
    from upcast.settings.manifests import is_manifest

    settings_class = load_settings(target)
    read = [Path(file) for file in files if not is_manifest(Path(file))]
    deployed = [*(Path(file) for file in files if is_manifest(Path(file))), *map(_manifest, manifests)]
    env, secrets = [Path(file) for file in env_files], [Path(folder) for folder in secrets_dirs]
    if not (read or deployed or env or secrets or with_environ or releases):
        own = own_sources(settings_class)
        read, env, secrets, with_environ = list(own.files), list(own.env_files), list(own.secrets_dirs), True
    try:
        found = lint(
            settings_class,
            files=read,
            env_files=env,
            environ=os.environ if with_environ else None,
            secrets_dirs=secrets,
            manifests=deployed,
            containers=containers,
            releases=_releases(releases),
            min_releases=min_releases,
        )
    except ValueError as error:
        raise CannotRun(f"--releases: {error}") from None
    sources = len(read) + len(env) + len(secrets) + len(deployed) + with_environ
    document = document_of_lint(as_findings(found, strict=strict), sources)
    return telling.tell(document, fallback=inspect.getsourcefile(settings_class) or target)


def _manifest(given: str) -> Path | Text:
    from upcast.settings.lint import Text, UnreadableFile, text_of
    from upcast.settings.manifests import MAX_MANIFEST

    if given != "-":
        return Path(given)
    try:
        return Text("stdin", text_of(sys.stdin.buffer, limit=MAX_MANIFEST))
    except UnreadableFile as error:
        raise CannotRun(f"standard input {error}") from None


def _releases(given: str | None) -> Sequence[str] | None:
    if given is None:
        return None
    if given == GIT_TAGS:
        from upcast.schemas.lifecycle import tagged_releases

        return tagged_releases(Path.cwd())
    return [name.strip() for name in given.split(",") if name.strip()]
