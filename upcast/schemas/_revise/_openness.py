"""What an object may hold that no version declares, and the code that judges it as a whole."""

from __future__ import annotations

from upcast.schemas._revise._parts import Context, Part, Place
from upcast.schemas._revise._values import confirmed
from upcast.schemas.shapes import Record

__all__ = ["plan_openness"]


def plan_openness(ctx: Context, was: Record, now: Record, here: Place) -> Part:
    """What is to be feared of fields that no version declares, and of code that judges the record."""
    found = Part()
    place = ".".join(here) or "the payload"
    if now.extra == "forbid" and was.extra != "forbid":
        question = f"Unknown fields in {place} are refused from now on. Are there surely none in stored payloads?"
        found += confirmed(ctx, here, "unknown fields may be stored, and are refused from now on", question)
    elif now.extra == "ignore" and was.extra == "keep":
        question = f"Unknown fields in {place} were kept and are dropped from now on. Is that fine?"
        found += confirmed(ctx, here, "unknown fields were kept, and are lost from now on", question)
    elif now.extra == "keep" and now.extras not in (None, was.extras):
        question = f"Unknown fields in {place} must be of a certain shape from now on. Are all stored ones?"
        found += confirmed(ctx, here, "unknown fields may be stored that are refused from now on", question)
    if not set(now.checks) <= set(was.checks):
        question = f"{place} is judged by code that has changed. Does it take every stored payload?"
        found += confirmed(ctx, here, "code of the class judges it, and that has changed", question)
    return found
