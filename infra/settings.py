"""The settings, where each came from, and how to reach the servers they speak of."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import platformdirs
from pydantic import AwareDatetime, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from infra.errors import OperatingError
from infra.home import Home, default_home

PREFIX = "CARECHAIN_"
PROJECT_FILE = Path("carechain.toml")
MAVEN_CENTRAL = "https://repo1.maven.org/maven2"

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


def user_file() -> Path:
    """The user's own settings file, which need not exist."""
    return platformdirs.user_config_path("carechain", appauthor=False) / "carechain.toml"


@dataclass(frozen=True)
class KafkaConnection:
    """How to reach a Kafka; `ca_file` none means the machine's own certificates."""

    bootstrap: str
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    bootstrap_timeout_ms: int = 5000
    embedded: bool = False


@dataclass(frozen=True)
class Connections:
    """How to reach every server; the three DSNs may be the same."""

    kafka: KafkaConnection
    store_dsn: str = field(repr=False)
    read_dsn: str = field(repr=False)
    vault_dsn: str = field(repr=False)


class Settings(BaseSettings):
    """What an instance is told by flag, environment, ./carechain.toml or the user's file, in that order."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", env_ignore_empty=True, frozen=True)

    flags: ClassVar[dict[str, Any]] = {}

    home: Path = Field(default_factory=default_home, description="folder for servers, cache and keys")
    kafka_bootstrap: str | None = Field(None, description="host:port of an external Kafka")
    kafka_security_protocol: SecurityProtocol = Field("PLAINTEXT", description="how to talk to it")
    kafka_sasl_mechanism: str | None = Field(None, description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
    kafka_username: str | None = Field(None, description="who we are to it")
    kafka_password_file: Path | None = Field(None, description="file with the password")
    kafka_ca_file: Path | None = Field(None, description="certificates to trust (default: the machine's)")
    kafka_cert_file: Path | None = Field(None, description="our own certificate, where Kafka asks for one")
    kafka_key_file: Path | None = Field(None, description="the certificate's key")
    kafka_principals: dict[str, str] = Field(
        {}, description="a service's principal, where it is not User:carechain-<service>"
    )
    postgres_dsn: SecretStr | None = Field(None, description="an external PostgreSQL")
    store_dsn: SecretStr | None = Field(None, description="the event store (default: postgres_dsn)")
    read_dsn: SecretStr | None = Field(None, description="the projections (default: postgres_dsn)")
    vault_dsn: SecretStr | None = Field(None, description="the identities (default: postgres_dsn)")
    master_key_file: Path = Field(
        default_factory=lambda data: data["home"] / "master.key",
        description="the key of all keys (default: in home)",
    )
    master_key_command: str | None = Field(
        None, description="program that prints the key of all keys, in place of the file"
    )
    master_key_previous_file: Path | None = Field(
        None, description="the key of all keys before, while it is being changed"
    )
    erasures_file: Path = Field(
        default_factory=lambda data: data["home"] / "erasures.jsonl",
        description="signed list of what was erased; keep it apart from backups",
    )
    signing_key_file: Path = Field(
        default_factory=lambda data: data["home"] / "checkpoint.key",
        description="the key that signs checkpoints (default: in home)",
    )
    checkpoints: Path = Field(
        default_factory=lambda data: data["home"] / "checkpoints",
        description="folder with the signed checkpoints (default: in home)",
    )
    sources: Path = Field(
        default_factory=lambda data: data["home"] / "sources",
        description="folder with profiles and mappings (default: in home)",
    )
    topic_prefix: str = Field(
        "carechain.", pattern=r"^[a-zA-Z0-9._-]*$", description="begins every topic's name"
    )
    facts_partitions: int = Field(12, ge=1, le=1000, description="of the facts topic, chosen once")
    alarms_from: AwareDatetime | None = Field(
        None, description="no alarm about what fell due before (default: when a watch first ran)"
    )
    watch_interval_s: float = Field(
        60.0, gt=0, le=86_400, description="seconds between two looks for silent sources"
    )
    checkpoint_interval_s: float = Field(
        3600.0, gt=0, le=86_400, description="seconds between two signed checkpoints"
    )
    figures_interval_s: float = Field(
        3600.0, gt=0, le=86_400, description="seconds between two publications of figures"
    )
    maven_base: str = Field(MAVEN_CENTRAL, description="where Kafka's programs are fetched")

    @field_validator("master_key_command", mode="before")
    @classmethod
    def _words(cls, command: object) -> object:
        # A settings file may give the program and its arguments as a list.
        return shlex.join(str(word) for word in command) if isinstance(command, list) else command

    @field_validator(
        "home",
        "master_key_file",
        "master_key_previous_file",
        "erasures_file",
        "kafka_password_file",
        "kafka_ca_file",
        "kafka_cert_file",
        "kafka_key_file",
        "sources",
        "signing_key_file",
        "checkpoints",
        mode="after",
    )
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        # The servers run with another working folder.
        return path.expanduser().absolute() if path else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, project file, user file."""
        files = (TomlConfigSettingsSource(settings_cls, file) for file in (PROJECT_FILE, user_file()))
        return (init_settings, env_settings, *files)


def load_settings(**flags: object) -> Settings:
    """The settings as they stand; `flags` win over everything. Raises OperatingError, exit code 2."""
    given = {name: value for name, value in {**Settings.flags, **flags}.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise OperatingError(
            f"The setting {name} is wrong: {first['msg']}.",
            hint="`carechain config --help` names the settings and where they are read.",
            exit_code=2,
        ) from None
    except ValueError as error:
        raise OperatingError(
            f"A settings file cannot be read: {error}",
            hint=f"Look at {PROJECT_FILE} here and {user_file()}.",
            exit_code=2,
        ) from None


@dataclass(frozen=True)
class Explained:
    """One setting: its value fit for showing, and where it came from."""

    name: str
    value: str | None
    origin: str


def explain(settings: Settings) -> list[Explained]:
    """Each setting with its origin; passwords inside DSNs are masked."""
    origins = _origins()
    return [
        Explained(name, _shown(getattr(settings, name)), origins.get(name, "default"))
        for name in Settings.model_fields
    ]


def _origins() -> dict[str, str]:
    toml = {str(file): file for file in (user_file(), PROJECT_FILE)}
    found = {key: name for name, file in toml.items() for key in TomlConfigSettingsSource(Settings, file)()}
    from pydantic_settings import EnvSettingsSource

    found |= {key: f"{PREFIX}{key.upper()}" for key in EnvSettingsSource(Settings)()}
    return found | dict.fromkeys((k for k, v in Settings.flags.items() if v is not None), "flag")


def _shown(value: object) -> str | None:
    if isinstance(value, SecretStr):
        return mask(value.get_secret_value())
    return None if value is None else str(value)


def mask(dsn: str) -> str:
    """A DSN without its password; one that cannot be understood is hidden whole."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    try:
        parts = conninfo_to_dict(dsn)
    except ProgrammingError:
        return "***"
    secrets = {name: "***" for name in ("password", "sslpassword") if parts.get(name)}
    return make_conninfo(**{name: str(value) for name, value in {**parts, **secrets}.items()})


def uses_embedded(settings: Settings) -> bool:
    """Whether the local servers of the home are meant. Raises OperatingError where only one server is set."""
    postgres = bool(settings.postgres_dsn) or all((settings.store_dsn, settings.read_dsn, settings.vault_dsn))
    if postgres != bool(settings.kafka_bootstrap):
        given, missing = ("PostgreSQL", "kafka_bootstrap") if postgres else ("Kafka", "postgres_dsn")
        raise OperatingError(
            f"The settings name an external {given} only.",
            hint=f"Set {PREFIX}{missing.upper()} too, or neither for the local servers.",
            exit_code=2,
        )
    return not postgres


def connections(settings: Settings) -> Connections:
    """How to reach the servers. Raises OperatingError where the local ones are meant and are not running."""
    kafka, default = _embedded(settings) if uses_embedded(settings) else _external(settings)

    def dsn(own: SecretStr | None) -> str:
        return own.get_secret_value() if own else default

    return Connections(kafka, dsn(settings.store_dsn), dsn(settings.read_dsn), dsn(settings.vault_dsn))


def _embedded(settings: Settings) -> tuple[KafkaConnection, str]:
    from infra.embedded import kafka, postgres, processes, servers

    state = servers.running_state(Home(settings.home))
    broker = KafkaConnection(
        bootstrap=f"{processes.LOOPBACK}:{state.kafka_port}",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        username=kafka.USER,
        password=state.kafka_password,
        embedded=True,
    )
    return broker, postgres.dsn(state)


def _external(settings: Settings) -> tuple[KafkaConnection, str]:
    assert settings.kafka_bootstrap is not None
    broker = KafkaConnection(
        bootstrap=settings.kafka_bootstrap,
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        username=settings.kafka_username,
        password=_password(settings.kafka_password_file),
        ca_file=settings.kafka_ca_file,
        cert_file=settings.kafka_cert_file,
        key_file=settings.kafka_key_file,
    )
    return broker, settings.postgres_dsn.get_secret_value() if settings.postgres_dsn else ""


def _password(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise OperatingError(
            f"The file with Kafka's password, {file}, cannot be read.",
            hint="Check CARECHAIN_KAFKA_PASSWORD_FILE and the file's rights.",
            exit_code=2,
        ) from error
