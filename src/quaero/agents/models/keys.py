"""The key of a provider: from the environment for its own address, from stored credentials for any other."""

from quaero.agents.models import Keys
from quaero.agents.models.chosen import ChosenModel, may_carry_key
from quaero.models.errors import JobFailure


async def key_of(model: ChosenModel, keys: Keys) -> str:
    """The key, or "" where none is needed; `JobFailure` where it is missing.

    A variable of the environment never goes to an address that a definition names: who writes a definition could
    have it sent to himself.
    """
    if model.auth is not None:
        key = await keys.stored_secret(model.auth, model.origin)
    elif model.base_url == model.provider.base_url:
        key = await _of_environment(model, keys)
    else:
        return ""
    if not may_carry_key(model.base_url):
        raise JobFailure(
            "a key is not sent over an unencrypted connection",
            code="model_key_refused",
            where=model.base_url,
            remedy="Write an https address as base_url, or leave out auth",
        )
    if not key.isascii() or not key.isprintable() or " " in key or not key:
        raise JobFailure(
            f"the key of {model.provider.name} is no line of plain characters", code="no_model_key"
        )
    return key


async def _of_environment(model: ChosenModel, keys: Keys) -> str:
    for name in model.provider.variables:
        if key := ((await keys.secret(name)) or "").strip():
            return key
    names = " or ".join(model.provider.variables)
    raise JobFailure(
        f"the key of {model.provider.name} is missing",
        code="no_model_key",
        where=str(model),
        remedy=f"Set {names}, or store credentials and name them in auth of model_settings",
    )
