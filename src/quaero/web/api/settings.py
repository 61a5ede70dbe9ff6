"""`/api/settings`: every setting, and where its value comes from."""

from fastapi import APIRouter
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.views.system_shapes import SettingShape, settings_json
from quaero.web.replies import Reply
from quaero.web.state import WebState

router = APIRouter(prefix="/settings", tags=["settings"])


class SettingsShape(TypedDict):
    """Settings by key; what is secret has asterisks in its place."""

    settings: dict[str, SettingShape]


@router.get("", response_model=SettingsShape)
async def get_settings(web: WebState) -> Response:
    """The settings of the server. They are changed by its flags, its environment and its `quaero.toml`."""
    return Reply(SettingsShape(settings=settings_json(web.settings.origins)))
