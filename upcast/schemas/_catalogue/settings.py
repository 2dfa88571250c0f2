"""94x and 95x: what sets the settings of a class, and how long what is legacy lives."""

from __future__ import annotations

from upcast.schemas._catalogue._rule import Rule, plain_rule

__all__ = ["SETTINGS"]


SETTINGS: tuple[Rule, ...] = (
    plain_rule(
        941,
        "legacy-key-used",
        "warning",
        "a legacy key is set that is still taken",
        "Write its successor: upcast settings update does it in files.",
    ),
    plain_rule(
        942,
        "legacy-key-removed",
        "error",
        "a legacy key is set that is not taken any more",
        "Write its successor: upcast settings update does it in files.",
    ),
    plain_rule(
        943,
        "legacy-key-conflict",
        "error",
        "one source sets a legacy key and its successor, to different values",
        "Take the legacy key away, or give both the same value.",
    ),
    plain_rule(
        944,
        "legacy-key-conflict-across-sources",
        "warning",
        "one source sets a legacy key and another its successor, to different values",
        "Take the legacy key away: the higher source wins, whatever the spelling.",
    ),
    plain_rule(
        945,
        "legacy-key-not-convertible",
        "error",
        "the value of a legacy key cannot be made into that of its successor",
        "Correct the value, or write the successor instead.",
    ),
    plain_rule(
        946, "retired-value-used", "warning", "a value is set that is retired and still taken", "Write a valid one."
    ),
    plain_rule(
        947, "retired-value-removed", "error", "a value is set that is not taken any more", "Write a valid one."
    ),
    plain_rule(
        948,
        "changed-default-unset",
        "info",
        "nothing sets a setting whose default changed",
        "Set it to keep what you had.",
    ),
    plain_rule(
        949,
        "setting-unknown",
        "error",
        "a key is set that the class does not know",
        "Correct its spelling, take it away, or declare what became of it.",
    ),
    plain_rule(
        950,
        "required-setting-missing",
        "error",
        "nothing sets a required setting for a container",
        "Set it in the manifest before the release that requires it.",
    ),
    plain_rule(
        951,
        "source-unreadable",
        "error",
        "a file or manifest cannot be read",
        "Correct it; of a template give what it renders to.",
    ),
    plain_rule(
        952,
        "file-version-old",
        "warning",
        "a file is of an older version than the class",
        "Bring it to today's version: upcast settings update.",
    ),
    plain_rule(
        953,
        "file-version-unreadable",
        "error",
        "a file cannot be brought to the version of the class",
        "Deploy the release that knows its version, or correct the file.",
    ),
    plain_rule(
        954,
        "manifest-unresolved",
        "info",
        "a container gets variables from something that was not given",
        "Give it too; what its values are does not matter.",
    ),
    plain_rule(
        955,
        "container-not-found",
        "warning",
        "no container of the manifests runs the program, as far as can be seen",
        "Say which containers do.",
    ),
    plain_rule(
        956,
        "window-too-short",
        "error",
        "too few releases take something before it is removed",
        "Move the removal to a later release.",
    ),
    plain_rule(
        957,
        "removal-due",
        "warning",
        "something is still declared whose removal is released",
        "Delete the declaration once a release has told those who still have it.",
    ),
    plain_rule(
        958,
        "since-not-a-release",
        "error",
        "a declaration names a release that is not in the list of releases",
        "Name a release that was made, or the next one.",
    ),
)
