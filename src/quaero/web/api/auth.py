"""`/api/auth`: credentials for crawls. They come in, and never out again."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, RootModel
from starlette.responses import Response
from typing_extensions import TypedDict

from quaero.crawler import credentials
from quaero.crawler.cookie_files import LARGEST_FILE, Imported, imported, left_out
from quaero.models.credential import LONGEST_NAME, LONGEST_VALUE, Credential, checked_credential_name
from quaero.views.moments import now_ms
from quaero.views.paging import page_of
from quaero.views.shapes import listing
from quaero.views.system_shapes import CredentialShape, PartShape, credential_json, parts_json
from quaero.views.used_by import users_of_credential
from quaero.web.api.parameters import DEFAULT_LIMIT, Cursor, Limit
from quaero.web.api.variables import DeletedShape
from quaero.web.replies import Reply
from quaero.web.state import Web, WebState

router = APIRouter(prefix="/auth", tags=["auth"])

Name = Annotated[str, Path(min_length=1, max_length=LONGEST_NAME)]
Secret = Annotated[str, Field(min_length=1, max_length=LONGEST_VALUE)]
Host = Annotated[str, Field(min_length=1, max_length=300)]
Hosts = Annotated[
    list[Host],
    Field(max_length=100, description="HOST, HOST:PORT, or http://HOST where there is no https."),
]


class CredentialsShape(TypedDict):
    """Credentials by name, without their values."""

    items: list[CredentialShape]
    total: int
    next_cursor: str | None


class KnownCredentialShape(CredentialShape):
    """`problem`: why they cannot be opened here; `parts`: headers and cookies by name."""

    opens_here: bool
    problem: str | None
    parts: list[PartShape]
    used_by: list[str]


class KeptCredentialShape(CredentialShape):
    """`left_out`: how much of what came is not kept, and why; "" if all is."""

    left_out: str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _New(_Strict):
    """`hosts`: all that gets them. `replace`: put them in the place of others of that name."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    hosts: Annotated[Hosts, Field(min_length=1)]
    replace: bool = False

    def origins(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(credentials.origin_of, self.hosts)))


class NewCookies(_New):
    """Cookies by their names, for all pages of the hosts."""

    kind: Literal["cookie"]
    values: dict[str, Secret] = Field(min_length=1, max_length=100, repr=False)

    def credential(self) -> Credential:
        return credentials.own_cookies(self.origins(), self.values)


class NewHeaders(_New):
    """Headers by their names."""

    kind: Literal["header"]
    values: dict[str, Secret] = Field(min_length=1, max_length=100, repr=False)

    def credential(self) -> Credential:
        return credentials.own_headers(self.origins(), self.values)


class NewBearer(_New):
    """A token, sent as Authorization: Bearer."""

    kind: Literal["bearer"]
    token: Secret = Field(repr=False)

    def credential(self) -> Credential:
        return credentials.bearer(self.origins(), self.token)


class NewBasic(_New):
    """The password of a user, sent as Authorization: Basic."""

    kind: Literal["basic"]
    user: str = Field(max_length=LONGEST_VALUE)
    password: Secret = Field(repr=False)

    def credential(self) -> Credential:
        return credentials.basic(self.origins(), self.user, self.password)


class NewCredential(
    RootModel[Annotated[NewCookies | NewHeaders | NewBearer | NewBasic, Field(discriminator="kind")]]
):
    """Credentials of one kind."""

    model_config = ConfigDict(hide_input_in_errors=True)


class CookieFile(_Strict):
    """`content`: a cookies.txt, or the JSON of a browser's extension. `hosts`: only the cookies that these get."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    content: str = Field(min_length=1, max_length=LARGEST_FILE, repr=False)
    hosts: Hosts = []
    replace: bool = False


class Capture(_Strict):
    """What an extension saw of a session in the browser: the cookies that the host of `baseUrl` gets are kept.

    `name`: that host unless given. `tokens` and `userAgent` are taken and not kept: nothing says to whom they belong.
    """

    baseUrl: str = Field(min_length=1, max_length=4_000)  # noqa: N815 - the word of the extension
    cookies: list[dict[str, Any]] = Field(max_length=5_000, repr=False)
    tokens: dict[str, Any] = Field(default={}, repr=False)
    userAgent: str = Field("", max_length=1_000)  # noqa: N815 - as above
    name: str | None = Field(None, min_length=1, max_length=LONGEST_NAME)
    replace: bool = True


@router.get("", response_model=CredentialsShape)
async def list_credentials(web: WebState, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Response:
    """The stored credentials, without their values."""
    found = await web.engine.store.credentials()
    items, next_cursor = page_of(found, lambda each: each.name, limit, cursor)
    return Reply(listing(map(credential_json, items), len(found), next_cursor))


@router.post("", response_model=KeptCredentialShape, status_code=201)
async def add_credential(new: NewCredential, web: WebState) -> Response:
    """Store cookies, headers, a token or a password. They are sealed before they are stored."""
    return await _keep(web, new.root.name, new.root.credential(), replace=new.root.replace)


@router.post("/import", response_model=KeptCredentialShape, status_code=201)
async def import_credential(file: CookieFile, web: WebState) -> Response:
    """Store the cookies in a file that a browser gave away."""
    wanted = [_host(each) for each in file.hosts]
    result = imported(file.content.encode(), hosts=wanted, now_ms=now_ms(), where="content")
    return await _keep(web, file.name, result.credential, replace=file.replace, but=result)


@router.post("/capture", response_model=KeptCredentialShape, status_code=201)
async def capture_credential(capture: Capture, web: WebState) -> Response:
    """Store the cookies that an extension captured in the browser."""
    address = urlsplit(capture.baseUrl)
    host = _host(f"{address.scheme or 'https'}://{address.netloc or address.path.partition('/')[0]}")
    content = msgspec.json.encode({"cookies": capture.cookies})
    result = imported(content, hosts=[host], now_ms=now_ms(), where="cookies")
    return await _keep(web, capture.name or host, result.credential, replace=capture.replace, but=result)


@router.get("/{name:path}", response_model=KnownCredentialShape)
async def get_credential(name: Name, web: WebState) -> Response:
    """Stored credentials, without their values: hosts, cookies by name, whether they can be opened here."""
    stored = await web.engine.store.credential(name)
    door = web.engine.control.credentials
    problem = await door.problem(stored)
    opened = None if problem else await door.open(name)
    users = await users_of_credential(web.engine.control, name)
    known = KnownCredentialShape(
        **credential_json(stored),
        opens_here=not problem,
        problem=problem or None,
        parts=parts_json(opened),
        used_by=users,
    )
    return Reply(known)


@router.delete("/{name:path}", response_model=DeletedShape)
async def delete_credential(name: Name, web: WebState) -> Response:
    """Delete stored credentials. Definitions that name them cannot be run from then on."""
    await web.engine.store.delete_credential(name)
    users = await users_of_credential(web.engine.control, name)
    return Reply(DeletedShape(name=name, deleted=True, used_by=users))


async def _keep(
    web: Web, name: str, credential: Credential, *, replace: bool, but: Imported | None = None
) -> Response:
    await web.engine.control.credentials.keep(checked_credential_name(name), credential, replace=replace)
    stored = await web.engine.store.credential(name)
    kept = KeptCredentialShape(**credential_json(stored), left_out="" if but is None else left_out(but))
    return Reply(kept, 201)


def _host(written: str) -> str:
    return credentials.host_of(f"{credentials.origin_of(written)}/")
