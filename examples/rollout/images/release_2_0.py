"""Release 2.0: the old image. It knows the old key only."""

from __future__ import annotations

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource


class Sources(BaseSettings):
    """Where every release looks: the environment first, then `.env`, then the ConfigMap that is mounted as a file."""

    model_config = SettingsConfigDict(env_file=".env", yaml_file="config.yaml", extra="ignore")

    @classmethod
    def settings_customise_sources(  # noqa: D102  # pydantic-settings has it
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # there are none
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings, YamlConfigSettingsSource(settings_cls)


class Settings(Sources):
    """Settings of release 2.0."""

    legacy_cache_timeout: int = 300

    @property
    def ttl(self) -> int:
        """How long the service caches, in seconds."""
        return self.legacy_cache_timeout
