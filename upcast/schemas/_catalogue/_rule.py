"""What a rule is."""

from __future__ import annotations

import attrs

from upcast.schemas.findings import Effect, Severity

__all__ = ["Rule", "plain_rule"]


@attrs.frozen(kw_only=True)
class Rule:
    """One kind of thing the gate can have to say.

    Attributes:
        id: Its number; never used again for another rule.
        slug: Its name.
        effects: What such a change can do; a finding says which of them it does.
        severity: How severe it is at worst; the policy of a check may make it milder.
        title: What is the case, as half a sentence.
        hint: What to do about it.
        old: Python source of an example before the change: the body of a pydantic model `Event`, or whole classes, one
            of which is `Event`. Empty for rules that are not about a change.
        new: The same after the change.
        between: The same for a version between the two, where the rule needs one.
        witness: A payload, as JSON text, that shows it on the example.
        mirror: The rule that the opposite change falls under in the opposite direction; empty where there is none.
    """

    id: str
    slug: str
    effects: tuple[Effect, ...] = ()
    severity: Severity
    title: str
    hint: str
    old: str = ""
    new: str = ""
    between: str = ""
    witness: str = ""
    mirror: str = ""


def plain_rule(number: int, slug: str, severity: Severity, title: str, hint: str) -> Rule:
    """A rule that is not about a change from one shape to another, and so has no example.

    Args:
        number: See `Rule.id`.
        slug: See `Rule`, as the others.
        severity: How severe it is at worst.
        title: What is the case.
        hint: What to do about it.
    """
    return Rule(id=f"U{number}", slug=slug, severity=severity, title=title, hint=hint)
