"""9xx: schema snapshots, steps, fixtures, lifecycle and suppressions."""

from __future__ import annotations

from upcast.schemas._catalogue._rule import Rule, plain_rule

__all__ = ["PROCESS"]


PROCESS: tuple[Rule, ...] = (
    plain_rule(
        901,
        "snapshot-edited",
        "error",
        "a frozen schema snapshot is not what was released",
        "Restore the file, and raise the version of the class instead.",
    ),
    plain_rule(
        902,
        "snapshot-stale",
        "error",
        "the class is not what its schema snapshot says",
        "Freeze it anew, or raise its version where it was released.",
    ),
    plain_rule(
        903,
        "break-without-version-bump",
        "error",
        "the class breaks its payloads under the same version",
        "Raise its version and add a step: upcast schema revise.",
    ),
    plain_rule(
        904,
        "edge-missing",
        "error",
        "no way leads from a frozen version to the newest",
        "Add the step, or unchanged(...) where there is nothing to do.",
    ),
    plain_rule(905, "edge-fails", "error", "a step fails on a payload", "Mend the step; the payload shows how."),
    plain_rule(
        906,
        "edge-output-invalid",
        "error",
        "the steps end in a payload that the class refuses",
        "Mend the steps; the payload shows how.",
    ),
    plain_rule(
        907,
        "edge-loses-data",
        "error",
        "a field is neither read by the steps nor kept",
        "Use it, keep it, or declare that it goes: remove(...).",
    ),
    plain_rule(
        908,
        "edge-not-deterministic",
        "error",
        "the steps give other results for the same payload, or change what they were given",
        "Derive everything from the payload: no clock, no chance, no locale, no hash order.",
    ),
    plain_rule(
        909,
        "edge-ambiguous",
        "error",
        "two steps leave from one version",
        "Keep one of them.",
    ),
    plain_rule(
        910,
        "edge-dead",
        "warning",
        "a step starts from a version that is no longer kept",
        "Retire it with its version.",
    ),
    plain_rule(
        911,
        "bump-without-change",
        "warning",
        "the version was raised and nothing changed",
        "Take the version back, or say unchanged(...).",
    ),
    plain_rule(
        912, "version-gap", "error", "a version between others is missing", "Freeze it, or number the versions anew."
    ),
    plain_rule(
        913,
        "event-removed",
        "error",
        "an event is gone whose versions may still be stored",
        "Keep it, or declare it removed once nothing of it is stored.",
    ),
    plain_rule(
        914,
        "event-type-renamed",
        "error",
        "an event has another type, and what is stored has the former",
        "Name the former type: formerly=[...].",
    ),
    plain_rule(
        915,
        "fixture-missing",
        "warning",
        "a released version has no recorded payload",
        "Record one from production.",
    ),
    plain_rule(
        916,
        "downcast-missing",
        "error",
        "older readers refuse what is written, and no downcast brings it to them",
        "Give the steps inverses, or deploy readers first.",
    ),
    plain_rule(
        917,
        "edge-output-changed",
        "error",
        "a released step makes something else of a recorded payload than it did",
        "Restore it; what it does now belongs into a new version.",
    ),
    plain_rule(
        921,
        "removal-before-window",
        "error",
        "something deprecated was removed too early",
        "Bring it back until its window is over.",
    ),
    plain_rule(922, "removal-overdue", "warning", "something deprecated is still there", "Remove it, or prolong it."),
    plain_rule(
        923,
        "since-missing",
        "error",
        "a deprecation does not say since which release, or names one that is unknown",
        "Name a release of the ledger.",
    ),
    plain_rule(931, "suppression-unused", "warning", "a suppression matches no finding", "Delete it."),
    plain_rule(
        932,
        "suppression-expired",
        "error",
        "a suppression is past its date",
        "Do what it put off, or give a new reason and date.",
    ),
    plain_rule(
        933,
        "verdict-unknown",
        "warning",
        "it cannot be known whether a change breaks",
        "Record payloads of production as fixtures: running them decides.",
    ),
)
