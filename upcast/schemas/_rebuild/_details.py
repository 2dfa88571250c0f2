"""What belongs to a form beside its limits: `version=4`, `schemes=http,https; host`."""

from __future__ import annotations

from upcast.schemas.shapes import Formatted

__all__ = ["details", "schemes"]


def details(shape: Formatted) -> dict[str, str]:
    """The details of a form by name; one without a value has an empty one."""
    parts = (part.partition("=") for part in shape.detail.split("; ") if part)
    return {name: value for name, _, value in parts}


def schemes(shape: Formatted) -> list[str]:
    """The schemes that a URL may have; none where it may have any."""
    return [scheme for scheme in details(shape).get("schemes", "").split(",") if scheme]
