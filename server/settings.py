"""The environment, read once into one frozen value; the one clock.

| variable | meaning | default |
|---|---|---|
| DATABASE_URL | sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME | data/gongwei.sqlite3 |
| GONGWEI_KEK_FILE | key-encryption keys, mode 0600, apart from the database | data/kek |
| GONGWEI_BACKUP_DIR | where `backup` writes | data/backup |
| GONGWEI_HOST, GONGWEI_PORT | where `serve` listens | 127.0.0.1, 8470 |
| GONGWEI_DISTRICT | number of the district served | 1 |
| GONGWEI_LOG | debug, info, warning or error | info |
| GONGWEI_SMS_URL | gateway for messages to residents; without it nothing leaves the machine | |
| GONGWEI_SMS_KEY_FILE | the key shared with that gateway, mode 0600 | |
| GONGWEI_DEMO | a finished demo's report page, served at /demo/ | |
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

DATABASE_URL = "sqlite:///data/gongwei.sqlite3"
CIVIL = ZoneInfo("Asia/Shanghai")  # the civil day of every rule


def now_ms() -> int:
    """The one clock: int ms UTC."""
    return time.time_ns() // 1_000_000


class BadSetting(ValueError):
    """A variable holds something that cannot be used; the text names the variable and what it
    takes.
    """


@dataclass(frozen=True, slots=True)
class Settings:
    database_url: str = DATABASE_URL
    kek_file: Path = Path("data/kek")
    backup_dir: Path = Path("data/backup")
    host: str = "127.0.0.1"
    port: int = 8470
    district: int = 1
    log_level: str = "info"
    sms_url: str = ""
    sms_key_file: Path | None = None
    font: str = ""  # a file with Chinese characters, for pictures; "" looks where systems keep it
    certificate: Path | None = None  # with its key: `serve` speaks TLS itself
    private_key: Path | None = None
    demo: Path | None = None  # a finished demo's report page, served at /demo/
    clock: Callable[[], int] = field(default=now_ms, repr=False)


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; raises BadSetting."""
    env = os.environ if environment is None else environment
    demo = env.get("GONGWEI_DEMO")
    level = env.get("GONGWEI_LOG", "info").lower()
    if level not in ("debug", "info", "warning", "error"):
        raise BadSetting("GONGWEI_LOG must be debug, info, warning or error")
    return Settings(
        database_url=env.get("DATABASE_URL", DATABASE_URL),
        kek_file=Path(env.get("GONGWEI_KEK_FILE", "data/kek")),
        backup_dir=Path(env.get("GONGWEI_BACKUP_DIR", "data/backup")),
        host=env.get("GONGWEI_HOST", "127.0.0.1"),
        port=_number(env, "GONGWEI_PORT", 8470, 65535),
        district=_number(env, "GONGWEI_DISTRICT", 1, 32767),
        log_level=level,
        sms_url=_gateway(env),
        sms_key_file=_path(env, "GONGWEI_SMS_KEY_FILE"),
        font=env.get("GONGWEI_FONT", ""),
        demo=Path(demo) if demo else None,
    )


def _path(env: Mapping[str, str], name: str) -> Path | None:
    text = env.get(name)
    return Path(text) if text else None


def _gateway(env: Mapping[str, str]) -> str:
    """HTTPS, or this machine itself, and never without a key."""
    text = env.get("GONGWEI_SMS_URL", "")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    near = host in ("127.0.0.1", "::1", "localhost")
    if (
        not host
        or parts.username
        or not (parts.scheme == "https" or (parts.scheme == "http" and near))
    ):
        raise BadSetting(
            "GONGWEI_SMS_URL must be https://HOST/PATH (http only on this machine), without a name "
            "or password in it"
        )
    if not env.get("GONGWEI_SMS_KEY_FILE"):
        raise BadSetting("GONGWEI_SMS_URL needs GONGWEI_SMS_KEY_FILE, the key shared with it")
    return text


def _number(env: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = env.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= most:
        raise BadSetting(f"{name} must be a whole number from 1 to {most}")
    return int(text)


def share_metrics(folder: Path) -> None:
    """Worker processes started from here count into files of `folder` (prometheus-client)."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
