"""The story: a key is renamed and required, and is rolled out; `python examples/rollout/story.py` plays it.

Every image is started as a process of its own. What is printed is what happened, and each expectation is checked: the
exit code is 0 only if all of them hold.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
from images import release_2_1, release_2_2, release_2_3
from orchestrator import Pod, Provisioned, deployment

from upcast.settings.lint import SettingsFinding, lint

OLD, NEW = "legacy_cache_timeout", "cache_ttl_seconds"
PLAIN = "release_2_1_plain"
IMAGES = {
    "2.0": "release_2_0",
    "2.1 recipe": "release_2_1_recipe",
    "2.1": "release_2_1",
    "2.2": "release_2_2",
    "2.3": "release_2_3",
}
OURS = {"2.1": release_2_1.Settings, "2.2": release_2_2.Settings, "2.3": release_2_3.Settings}


@attrs.frozen(eq=False)
class State:
    """What is provisioned, and what an image must run with then.

    Attributes:
        name: In words.
        provisioned: The state itself. No two places have the same value, so that a value tells its place.
        release_2_0: What release 2.0 runs with.
        right: What a release runs with that takes both keys: the highest source counts, whatever the spelling, and in
            one source the new key.
        release_2_3: What release 2.3 runs with, which does not take the old key; None where it must say so.
    """

    name: str
    provisioned: Provisioned
    release_2_0: int
    right: int
    release_2_3: int | None


STATES = (
    State("environment old", Provisioned(environment={OLD: 600}), 600, 600, None),
    State("environment new", Provisioned(environment={NEW: 610}), 300, 610, 610),
    State("environment both", Provisioned(environment={OLD: 600, NEW: 610}), 600, 610, 610),
    State(".env old", Provisioned(dotenv={OLD: 700}), 700, 700, None),
    State(".env new", Provisioned(dotenv={NEW: 710}), 300, 710, 710),
    State(".env both", Provisioned(dotenv={OLD: 700, NEW: 710}), 700, 710, 710),
    State("ConfigMap old", Provisioned(mounted={OLD: 800}), 800, 800, None),
    State("ConfigMap new", Provisioned(mounted={NEW: 810}), 300, 810, 810),
    State("environment old, .env new", Provisioned({OLD: 600}, {NEW: 710}), 600, 600, 710),
    State("environment new, .env old", Provisioned({NEW: 610}, {OLD: 700}), 700, 610, 610),
    State("environment old, ConfigMap new", Provisioned({OLD: 600}, {}, {NEW: 810}), 600, 600, 810),
    State("environment new, ConfigMap old", Provisioned({NEW: 610}, {}, {OLD: 800}), 800, 610, 610),
    State(".env old, ConfigMap new", Provisioned({}, {OLD: 700}, {NEW: 810}), 700, 700, 810),
    State(".env new, ConfigMap old", Provisioned({}, {NEW: 710}, {OLD: 800}), 800, 710, 710),
)

failures: list[str] = []


def say(line: str = "") -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def expect(condition: bool, what: str) -> None:
    """Note an expectation that does not hold."""
    if not condition:
        failures.append(what)
        say(f"NOT AS EXPECTED: {what}")


def quote(text: str, first: str) -> None:
    """Print what a process wrote, from the line that begins with *first* on."""
    lines = text.rstrip().split("\n")
    start = next((number for number, line in enumerate(lines) if line.startswith(first)), 0)
    for line in lines[start:]:
        say(f"  | {line}")


def incident() -> None:
    """Plain pydantic-settings: the pods of the new image start, crash, start again, and the roll-out stalls."""
    say("1. Without us: release 2.1 requires CACHE_TTL_SECONDS, and what is provisioned has LEGACY_CACHE_TIMEOUT.")
    with deployment(IMAGES["2.0"], Provisioned(environment={OLD: 600})) as service:
        done = service.roll_out(PLAIN)
        say(f"   The roll-out stalls: one pod crashed {len(service.crashes)} times, each time with")
        quote(service.crashes[-1], "pydantic_core")
        say(f"   What still serves: {service.images}")
        expect(not done, "the roll-out of the plain image stalls")
        expect(len(service.crashes) == 3, "the plain image crashes at every start")
        expect(all("ValidationError" in crash for crash in service.crashes), "what it dies of is pydantic's error")
        expect(service.images == ["release_2_0", "release_2_0"], "only old pods are left")
    for state in (state for state in STATES if state.release_2_3 is None):
        pod = Pod(PLAIN)
        pod.start(state.provisioned, starts=1)
        pod.stop()
        expect(shown(pod) == "crash", f"the plain image crashes where {state.name}")
    say("   The same happens where .env or the mounted ConfigMap has the old key.")


def in_order() -> None:
    """The deploy order of the how-to: nothing fails, and the value stays what it was."""
    say()
    say("2. With us, in this order: 2.1; the new key beside the old one; 2.2 and the old key away; 2.3.")
    old, both, new = {OLD: 600}, {OLD: 600, NEW: 600}, {NEW: 600}
    steps = (("2.1", old, "2.0"), ("2.1", both, "2.0"), ("2.2", new, "2.1"), ("2.3", new, "2.2"))
    with deployment(IMAGES["2.0"], Provisioned(environment=old)) as service:
        for image, environment, before in steps:
            service.provisioned = Provisioned(environment=environment)
            done = service.roll_out(IMAGES[image])
            back = Pod(IMAGES[before])
            back.start(service.provisioned, starts=1)
            back.stop()
            uses = any("_total{" in pod.metrics for pod in service.pods)
            failed = len(service.crashes) + len(back.crashes)
            keys = " and ".join(key.upper() for key in environment)
            say(f"   {image} with {keys}: failed starts {failed}, old key counted: {'yes' if uses else 'no'}")
            expect(done and failed == 0, f"{image} is rolled out with {keys}, and {before} could be brought back")
            expect(service.ttls == {600} and back.ttl == 600, f"the value stays what it was with {image}")
            expect(uses == (OLD in environment), f"the metric of {image} counts the old key while it is set")
            expect(not uses or image != "2.3", "the old key is gone before 2.3 is deployed")


def recipe(pod: Pod) -> None:
    """Optional fields and a before-validator: it starts, with the wrong value and without a word."""
    say()
    say("3. The usual recipe: it starts, but the sources were merged before the validator saw them.")
    say(f"   LEGACY_CACHE_TIMEOUT=600 in the environment, CACHE_TTL_SECONDS=710 in .env: it runs with {pod.ttl}.")
    say("   The environment is the higher source. Release 2.0 had 600, and nothing was said of the change.")
    expect(pod.ttl == 710, "the recipe takes the value of the lower source")
    expect(pod.log == "", "the recipe says nothing of it")


def outcome(state: State, image: str) -> Pod:
    """Start an image once in a state."""
    pod = Pod(IMAGES[image])
    pod.start(state.provisioned, starts=1)
    pod.stop()
    return pod


def mixed_states(pods: dict[tuple[State, str], Pod]) -> None:
    """Every image in every state."""
    say()
    say("4. Every image in every mixed state: the seconds that it runs with.")
    say(f"   {'provisioned':<32}" + "".join(f"{image:>12}" for image in IMAGES))
    inverted, failed = [], 0
    for state in STATES:
        cells = []
        for image in IMAGES:
            pod = pods[state, image]
            is_inverted = image == "2.1 recipe" and pod.ttl != state.right
            inverted += [state.name] if is_inverted else []
            cells.append(shown(pod) + (" !" if is_inverted else ""))
        say(f"   {state.name:<32}" + "".join(f"{cell:>12}" for cell in cells))
        expect(pods[state, "2.0"].ttl == state.release_2_0, f"2.0 runs with {state.release_2_0} where {state.name}")
        for image in ("2.1", "2.2"):
            failed += len(pods[state, image].crashes)
            expect(pods[state, image].ttl == state.right, f"{image} runs with {state.right} where {state.name}")
        check_last_release(state, pods[state, "2.2"], pods[state, "2.3"])
    say(f"   Failed starts of 2.1 and 2.2: {failed}. Wrong values of the recipe (!): {len(inverted)}.")
    expect(failed == 0, "no start of 2.1 and 2.2 fails")
    expect(
        inverted == ["environment old, .env new", "environment old, ConfigMap new", ".env old, ConfigMap new"],
        "the recipe inverts the precedence wherever the old key stands in a higher source than the new one",
    )


def shown(pod: Pod) -> str:
    """What became of a start, in a word."""
    if pod.is_started:
        return str(pod.ttl)
    known = {"upcast.errors.SettingsRefused": "refused", "ValidationError": "crash"}
    return next((word for error, word in known.items() if error in pod.crashes[-1]), "broken")


def check_last_release(state: State, before: Pod, last: Pod) -> None:
    """Release 2.3 runs with the new key, or names the old one, of which 2.2 told."""
    expect(last.ttl == state.release_2_3, f"2.3 runs with {state.release_2_3} where {state.name}")
    has_old = OLD in {*state.provisioned.environment, *state.provisioned.dotenv, *state.provisioned.mounted}
    expect(has_old == (f'key="{OLD}"' in before.metrics), f"the metric of 2.2 counts the old key where {state.name}")
    expect(has_old == ("LegacyKey" in before.log), f"2.2 warns of the old key where {state.name}")
    told = [finding.slug for finding in found(state.provisioned, "2.2")]
    expect(has_old == bool(told), f"lint finds the old key where {state.name}")
    if state.release_2_3 is None:
        text = last.crashes[0] if last.crashes else ""
        expect("SettingsRefused" in text, f"2.3 refuses where {state.name}")
        expect("is not read since 2.3.0" in text and "[removed-key]" in text, f"2.3 names the old key: {state.name}")


def found(provisioned: Provisioned, release: str) -> tuple[SettingsFinding, ...]:
    """What lint finds in what is provisioned."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        provisioned.write(folder)
        variables = {key.upper(): str(value) for key, value in provisioned.environment.items()}
        env_files = [path for path in (folder / ".env",) if path.exists()]
        files = [path for path in (folder / "config.yaml",) if path.exists()]
        return lint(OURS[release], environ=variables, env_files=env_files, files=files)


def refusal(before: Pod, last: Pod) -> None:
    """What 2.3 says where the old key alone is set, and who had said so before."""
    say()
    say("5. The one refusal: release 2.3 does not take the old key, and only that is set. It says")
    quote(last.crashes[0], "upcast.errors.SettingsRefused")
    say("   Release 2.2 had said so, in its log and by its metric:")
    quote(before.log, "legacy setting")
    quote(before.metrics, "upcast_settings")
    say("   And so had lint, which CI runs over what is provisioned:")
    for release in ("2.2", "2.3"):
        for finding in found(STATES[0].provisioned, release):
            say(f"  | {release}: {finding.severity}[{finding.rule}] {finding.message}. {finding.remedy}")


def main() -> int:
    """Play the story; the exit code."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        pods = {(state, image): pool.submit(outcome, state, image) for state in STATES for image in IMAGES}
        incident()
        in_order()
    states = {state.name: state for state in STATES}
    recipe(pods[states["environment old, .env new"], "2.1 recipe"].result())
    mixed_states({cell: pod.result() for cell, pod in pods.items()})
    refusal(*(pods[states["environment old"], image].result() for image in ("2.2", "2.3")))
    say()
    say("Everything is as it should be." if not failures else f"{len(failures)} expectations do not hold.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
