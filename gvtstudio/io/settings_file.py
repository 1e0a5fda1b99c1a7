"""The user's preferences on disk; whatever is in the file, the program starts."""

from pathlib import Path

import msgspec

from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.settings import SETTINGS, Settings
from gvtstudio.io.atomic import write_bytes


def load_settings(path: Path) -> tuple[Settings, list[str]]:
    """The settings and one sentence for each entry that could not be used.

    Good entries are kept, bad ones take their default, unknown ones (of another version) are
    passed over without a word.
    """
    try:
        content = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        return Settings(), []
    except OSError as error:
        reason = error.strerror or str(error)
        return Settings(), [f"The settings could not be read ({reason}); the defaults are used."]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Settings(), [f"The settings file {path} is damaged; the defaults are used."]
    if not isinstance(content, dict):
        return Settings(), [f"The settings file {path} is damaged; the defaults are used."]
    return _settings_from(content)


def save_settings(path: Path, settings: Settings) -> None:
    """Keep the settings.

    Raises:
        OutputUnwritable: The place cannot be written.
    """
    encoded = msgspec.json.encode(settings)
    write_bytes(path, msgspec.json.format(encoded, indent=2) + b"\n")


def _settings_from(content: dict[str, object]) -> tuple[Settings, list[str]]:
    settings = Settings()
    warnings: list[str] = []
    parameters = {parameter.name: parameter for parameter in SETTINGS}
    for field in msgspec.structs.fields(Settings):
        if field.name not in content:
            continue
        try:
            value = msgspec.convert(content[field.name], field.type)
            if field.name in parameters:
                value = parameters[field.name].validated(value)
        except msgspec.ValidationError:
            warnings.append(_default_instead(field.name, content[field.name]))
        except UsageError as error:
            warnings.append(f"{error.message} Its default is used.")
        else:
            settings = msgspec.structs.replace(settings, **{field.name: value})
    return settings, warnings


def _default_instead(name: str, value: object) -> str:
    return f'The setting "{name}" cannot be {value!r}; its default is used.'
