"""How the organisation has set the program up: the only user of pydantic-settings.

``UADISPATCH_<SECTION>_<FIELD>`` in the environment wins over the same in ``.env``, over a file
of that name (in lower case) in the secrets folder, over ``[section] field`` in
``config/uadispatch.toml``. Errors name the variable and the file, and never show a value.
"""

from __future__ import annotations

import os
import shlex
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, create_model
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    InitSettingsSource,
    NestedSecretsSettingsSource,
    SettingsConfigDict,
)

from uadispatch.campaign.wording import sentence
from uadispatch.channels.message import Organisation
from uadispatch.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails
    from pydantic_settings import PydanticBaseSettingsSource

__all__ = ["FILE", "PREFIX", "Approval", "Settings", "find_home", "reveal", "variable"]

FILE = Path("config/uadispatch.toml")
PREFIX = "UADISPATCH_"
SECRETS = "UADISPATCH_SECRETS_DIR"
JOURNAL = "UADISPATCH_JOURNAL"
OWN = ("organisation", "approval", "engine", "observers")  # the sections that are no channel's
COMMAND_LIMIT = 60.0
"""Seconds that a password command may take."""

SectionT = TypeVar("SectionT", bound=BaseModel)


class Approval(BaseModel):
    """Whether a campaign must be approved before it is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    required: bool = False
    """Send only what a person has approved (`uadispatch approve`) as it is now. Off where it is not
    written; what `uadispatch init` writes has it on."""


def find_home(campaign_file: Path) -> Path:
    """The nearest folder above `campaign_file` that holds config/uadispatch.toml, else its own."""
    start = campaign_file.resolve().parent
    for folder in (start, *start.parents):
        if os.path.isfile(folder / FILE):  # noqa: PTH113 - Path's raises on a long name
            return folder
    return start


def variable(section: str, field: str) -> str:
    """Both names of a setting: ``UADISPATCH_EMAIL_HOST (or email.host in ...)``."""
    return f"{_only_variable(section, field)} (or {section}.{field} in {FILE})"


def _only_variable(section: str, field: str) -> str:
    return f"{PREFIX}{section}_{field}".upper()


class Settings:
    """The settings of one home folder, read section by section when they are asked for."""

    def __init__(self, home: Path, channels: Collection[str] | None = ()) -> None:
        """Read ``config/uadispatch.toml`` of `home`, if there is one.

        `channels` are the sections that it may have beside our own; None: any, because what a
        broken plugin would have known cannot be told.

        Raises:
            ConfigError: the file is no TOML, or has a section that nobody knows.
        """
        self.home = home
        self._toml = _read_toml(home / FILE)
        self._complete: dict[tuple[str, type[BaseModel]], BaseModel] = {}
        self._refuse_unknown(None if channels is None else {*OWN, *channels})

    @property
    def journal(self) -> str | None:
        """``UADISPATCH_JOURNAL``, from the environment or ``.env``; relative to `home`."""
        return os.environ.get(JOURNAL) or _read_dotenv(self.home / ".env").get(JOURNAL)

    def strange_variables(self, known: Collection[str]) -> list[str]:
        """Variables that begin like ours and belong to no section: likely slips."""
        sections = {*OWN, *known}
        ours = {JOURNAL, SECRETS}
        names = {*os.environ, *_read_dotenv(self.home / ".env")}
        return sorted(
            name
            for name in names
            if name.startswith(PREFIX)
            and name not in ours
            and name.removeprefix(PREFIX).split("_")[0].lower() not in sections
        )

    @property
    def organisation(self) -> Organisation:
        """Who speaks. Raises ConfigError naming what is missing or wrong."""
        return self.section("organisation", Organisation)

    @property
    def approval(self) -> Approval:
        """Whether approval is needed. Raises ConfigError."""
        return self.section("approval", Approval)

    def section(self, name: str, model: type[SectionT]) -> SectionT:
        """The section `name` as `model`.

        Raises:
            ConfigError: one problem for each setting that is missing, wrong or unknown.
        """
        self._refuse_secrets(name, model)
        try:
            section: SectionT = self._load(name, model)
        except ValidationError as exc:
            problems = [_problem(error, model) for error in exc.errors()]
            if not os.path.isfile(self.home / FILE) and any(  # noqa: PTH113 - as in find_home
                error["type"] == "missing" for error in exc.errors()
            ):
                says = f"there is no {FILE} in {self.home} or above; uadispatch init makes one"
                problems.append(Problem(says))
            raise ConfigError(problems) from None
        return section

    def for_stand_in(
        self, name: str, model: type[SectionT], given: Mapping[str, object]
    ) -> SectionT:
        """The section `name` for a rehearsal: what a stand-in has `given`, and nothing real.

        Of the configured settings only those are taken that shape a message; no host, no secret.

        Raises:
            ConfigError: the stand-in leaves out a setting that is required.
        """
        configured = self.incomplete(name, model)
        shaping = {
            field: getattr(configured, field)
            for field, info in model.model_fields.items()
            if not (info.exclude or _is_secret(info) or getattr(configured, field) is None)
        }
        try:
            return model.model_validate(shaping | dict(given))
        except ValidationError as exc:
            wrong = ", ".join(str(error["loc"][0]) for error in exc.errors())
            raise ConfigError(f"the stand-in of {name} gives no good {wrong}") from None

    def incomplete(self, name: str, model: type[SectionT]) -> SectionT:
        """The section `name` with None where a required setting is missing; only to look at.

        Raises:
            ConfigError: a setting that is given is wrong.
        """
        fields: dict[str, Any] = {
            field: (info.rebuild_annotation() | None, None)
            for field, info in model.model_fields.items()
            if info.is_required()
        }
        values: dict[str, Any] = dict.fromkeys(fields)
        # Nor does it ask for what is required only with other settings (ChannelSettings.lacking).
        lenient = type(model.__name__, (model,), {"lacking": lambda _: ()})
        try:
            partial: Any = self.section(
                name, create_model(model.__name__, __base__=lenient, **fields)
            )
        except (AttributeError, TypeError):  # a validator that needs what is missing
            return model.model_construct(**values)
        return model.model_construct(
            **{field: getattr(partial, field) for field in model.model_fields}
        )

    def missing(self, name: str, model: type[BaseModel]) -> list[str]:
        """The variables (``UADISPATCH_EMAIL_HOST``) that section `name` still needs."""
        try:
            self._complete[name, model] = self._load(name, model)
        except ValidationError as exc:
            return [
                f"{PREFIX}{name}_{error['loc'][1]}".upper()
                for error in exc.errors()
                if error["type"] == "missing" and len(error["loc"]) > 1
            ]
        return []

    def _load(self, name: str, model: type[SectionT]) -> SectionT:
        """Ask all sources. Raises ValidationError, or ConfigError if one cannot be read.

        What was complete is not asked for again: it takes as long as a page of a letter.
        """
        found = self._complete.get((name, model))
        if found is not None:
            return cast("SectionT", found)
        loader = _loader(name, model, self.home, self._toml)
        try:
            section: SectionT = getattr(loader(), name)
        except (ValidationError, ConfigError):
            raise
        except (OSError, ValueError) as exc:  # its text may hold what the source holds
            says = f"the settings of {name} cannot be read: {type(exc).__name__}"
            raise ConfigError(f"{says}; see {self.home / '.env'} and {SECRETS}") from None
        return section

    def _refuse_secrets(self, name: str, model: type[BaseModel]) -> None:
        """A file that is copied and shared is no place for a password."""
        problems = [
            Problem(
                f"a secret does not belong in this file: give {_only_variable(name, field)}",
                str(self.home / FILE),
            )
            for field in self._toml.get(name, ())
            if field in model.model_fields and _is_secret(model.model_fields[field])
        ]
        if problems:
            raise ConfigError(problems)

    def _refuse_unknown(self, known: set[str] | None) -> None:
        problems = []
        for name, table in self._toml.items():
            if not isinstance(table, dict):
                says = f"{name} must be a section, [{name}], with settings below it"
                problems.append(Problem(says, str(self.home / FILE)))
            elif known is not None and name not in known:
                near = get_close_matches(name, known, n=1)
                mend = "install its plugin, or take the section out"
                hint = f"did you mean [{near[0]}]?" if near else mend
                says = f"[{name}] is no section of an installed plugin; {hint}"
                problems.append(Problem(says, str(self.home / FILE)))
        if problems:
            raise ConfigError(problems)


async def reveal(secret: SecretStr | None, command: str | None) -> str | None:
    """A secret itself, or the first line of what `command` prints; None without either.

    The command is run without a shell. Raises ConfigError when it fails, without its output.
    """
    if secret is not None:
        return secret.get_secret_value()
    if command is None:
        return None
    import asyncio  # noqa: PLC0415 - costly

    name = "the command that prints the secret"
    try:
        program, *words = shlex.split(command)
        process = await asyncio.create_subprocess_exec(
            program, *words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
    except FileNotFoundError:
        raise ConfigError(f"{name} cannot be started: there is no program {program}") from None
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{name} cannot be started: {type(exc).__name__}") from None
    try:
        output, _ = await asyncio.wait_for(process.communicate(), COMMAND_LIMIT)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise ConfigError(f"{name} gave nothing within {COMMAND_LIMIT:.0f} s") from None
    if process.returncode != 0:
        raise ConfigError(f"{name} failed with exit code {process.returncode}")
    line = output.decode(errors="replace").split("\n", 1)[0].rstrip("\r")
    if not line:
        raise ConfigError(f"{name} printed nothing")
    return line


class _Lenient(EnvSettingsSource):
    """Reads a variable as JSON where it is, and else as the text that it is: an address, say."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """JSON where it parses; the field's own validation sees the rest."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class _Environment(_Lenient):
    """The environment."""


class _DotEnv(_Lenient, DotEnvSettingsSource):
    """The file ``.env``, in which a dollar sign is a dollar sign."""

    def _read_env_file(self, file_path: Path) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in _read_dotenv(file_path).items()}


class _Secrets(_Lenient, NestedSecretsSettingsSource):
    """The secrets folder."""


def _loader(
    name: str,
    model: type[BaseModel],
    home: Path,
    toml: Mapping[str, Any],
) -> type[BaseSettings]:
    """A settings class with the one section `name`, reading all sources."""
    given = os.environ.get(SECRETS)
    secrets = Path(given) if given else None
    if secrets is not None and not secrets.is_dir():
        raise ConfigError(Problem(f"{secrets} is no folder", SECRETS))

    class Section(BaseSettings):
        model_config = SettingsConfigDict(
            env_prefix=PREFIX,
            env_nested_delimiter="_",
            env_nested_max_split=1,
            env_file=home / ".env",
            env_file_encoding="utf-8",
            secrets_dir=secrets,
            extra="ignore",
            hide_input_in_errors=True,
            defer_build=True,  # nobody makes one of it without its section
        )

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
            env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours instead
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours instead
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            """The sources in the order of the module's docstring."""
            return (
                _Environment(settings_cls),
                _DotEnv(settings_cls),
                _Secrets(
                    file_secret_settings,
                    secrets_prefix=PREFIX.lower(),
                    secrets_nested_delimiter="_",
                ),
                InitSettingsSource(settings_cls, {name: toml.get(name, {})}),
            )

    field: Any = (model, Field(default_factory=dict, validate_default=True))
    return create_model(f"Section_{name}", __base__=Section, **{name: field})


def _read_dotenv(path: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(Problem(f"it cannot be read: {type(exc).__name__}", str(path))) from None


def _is_secret(info: FieldInfo) -> bool:
    return "Secret" in str(info.annotation)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise ConfigError(Problem("this is not UTF-8; save the file as UTF-8", str(path))) from None
    except OSError as exc:
        raise ConfigError(Problem(f"it cannot be read: {exc.strerror}", str(path))) from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(Problem(f"this is no TOML: {exc}", str(path))) from None


def _problem(error: ErrorDetails, model: type[BaseModel]) -> Problem:
    """Pydantic's finding as a sentence that names the setting and never shows its value."""
    section, *rest = (str(part) for part in error["loc"])
    if not rest:
        return Problem(sentence(error), f"[{section}] (or {PREFIX}{section}_...)".upper())
    info = model.model_fields.get(rest[0])
    name = _only_variable if info is not None and _is_secret(info) else variable
    where = name(section, rest[0])
    if error["type"] == "missing":
        return Problem("this setting is missing", where)
    if error["type"] == "extra_forbidden":
        near = get_close_matches(rest[0], model.model_fields, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f" of [{section}]"
        return Problem(f"there is no setting {rest[0]!r}{hint}", where)
    return Problem(sentence(error), where)
