"""Every platform the files describe; a later folder wins by id, a broken file hides no other."""

from pathlib import Path

from data.platform import Platform
from data.platform_file import PlatformError, read_table
from data.platform_parts import platform_of

__all__ = [
    "Platform",
    "PlatformError",
    "load_file",
    "load_folder",
    "load_platforms",
    "parse_platform",
]


def load_platforms(*folders: Path) -> tuple[dict[str, Platform], list[PlatformError]]:
    """Load every platform of some folders; a later folder wins by id.

    A broken file hides no other: its error is returned beside the platforms.
    """
    platforms: dict[str, Platform] = {}
    errors: list[PlatformError] = []
    for folder in folders:
        found, wrong = load_folder(folder)
        platforms |= found
        errors += wrong
    return platforms, errors


def load_folder(folder: Path) -> tuple[dict[str, Platform], list[PlatformError]]:
    """Load the platforms of one folder by id, and what is wrong with the files that failed."""
    platforms: dict[str, Platform] = {}
    errors: list[PlatformError] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            platform = load_file(file)
        except PlatformError as error:
            errors.append(error)
            continue
        if platform.id in platforms:
            errors.append(_twice(file, platform, platforms[platform.id]))
        else:
            platforms[platform.id] = platform
    return platforms, errors


def _twice(file: Path, platform: Platform, other: Platform) -> PlatformError:
    problem = f"'{platform.id}' is already the id of {other.file}; give each file its own id"
    return PlatformError(str(file), 1, "id", problem)


def load_file(file: Path) -> Platform:
    """Load one platform; raises `PlatformError` with file, line and field."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise PlatformError(str(file), 1, "", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise PlatformError(str(file), line, "", "not UTF-8; save the file as UTF-8") from error
    return parse_platform(text, str(file))


def parse_platform(text: str, file: str = "<text>") -> Platform:
    """Read and check one platform's TOML text; raises `PlatformError`."""
    return platform_of(read_table(text, file))
