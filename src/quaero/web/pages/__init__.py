"""The pages: one module for each part of the interface."""

from typing import Final

from fastapi import APIRouter

from quaero.web.pages import home, sign_in

ROUTERS: Final[tuple[APIRouter, ...]] = (home.router, sign_in.router)
