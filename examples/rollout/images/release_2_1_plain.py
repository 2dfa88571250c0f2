"""Release 2.1 as it caused the incident: the new key is required, and nobody has it yet."""

from __future__ import annotations

from pydantic import Field

from images.release_2_0 import Sources


class Settings(Sources):
    """Settings of release 2.1, with plain pydantic-settings."""

    cache_ttl_seconds: int = Field(ge=50, le=3600)

    @property
    def ttl(self) -> int:
        """How long the service caches, in seconds."""
        return self.cache_ttl_seconds
