"""The system's keyring as a place for the key, where the package `keyring` is installed and one is open."""

from importlib import import_module
from typing import Any

from quaero.secrets.key import SecretKey, SecretKeyError

NAME = "keyring"
_SERVICE, _USER = "quaero", "secret-key"


def read() -> str | None:
    """What the keyring has for us; None also where there is no keyring that works."""
    try:
        found = import_module("keyring").get_password(_SERVICE, _USER)
    except Exception:  # noqa: BLE001 - no package, no keyring, nobody logged in: each of them fails in its own way
        return None
    return found if isinstance(found, str) else None


def write(key: SecretKey) -> None:
    """Keep a key there; `SecretKeyError` where there is no keyring that works."""
    try:
        keyring: Any = import_module("keyring")
        keyring.set_password(_SERVICE, _USER, key.text())
    except ImportError:
        raise SecretKeyError(
            "the package for keyrings is not installed", where=NAME, remedy="Install quaero[keyring]"
        ) from None
    except Exception as error:  # noqa: BLE001
        raise SecretKeyError(
            f"there is no keyring that works here ({type(error).__name__})",
            where=NAME,
            remedy="Leave --keyring out, and the key goes into a file",
        ) from None
