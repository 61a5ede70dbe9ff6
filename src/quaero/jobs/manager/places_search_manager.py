"""The places step: one child for the first page of a search; each page leads to the next."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from quaero.jobs.config_types import Milliseconds, config_problem
from quaero.jobs.manager import PlanContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, StepLimits
from quaero.places.area import Circle
from quaero.places.providers import service_for
from quaero.places.query import ProviderName, Query, SearchType, kind_of

CHILD_TYPE = "places_search_query"

_DAY_MS = 24 * 3_600_000


class LocationConfig(BaseModel):
    """The table `location`: only places within `radius` metres of a point."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[52.52])]
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[13.405])]
    radius: Annotated[float, Field(gt=0, le=50_000, allow_inf_nan=False, examples=[1000])] = 1_000


class FiltersConfig(BaseModel):
    """The table `filters`. `type`: one kind of place, in the provider's words."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    type: Annotated[str, Field(examples=["cafe"])] = ""
    min_rating: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False, examples=[4])] | None = None
    open_now: bool = False

    @field_validator("type")
    @classmethod
    def _is_a_kind(cls, written: str) -> str:
        kind = kind_of(written) if written else ""
        if kind is None:
            raise config_problem(f"{written!r} is no type of place", example='type = "cafe"')
        return kind


class PlacesSearchConfig(BaseModel):
    """The config of a places step. What its provider cannot do is a mistake in the definition.

    `max_age`: an answer of OpenStreetMap's services that is younger is used again without asking.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    provider: ProviderName = "nominatim"
    search_type: SearchType = "text_search"
    location: Annotated[LocationConfig | None, Field(validate_default=True)] = None
    filters: FiltersConfig = FiltersConfig()
    search_query: Annotated[str, Field(min_length=1, max_length=500, examples=["coffee in Lisbon"])]
    max_results: Annotated[int, Field(ge=1, examples=[20])] = 20
    language: Annotated[str, Field(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$", examples=["en"])] = ""
    region: Annotated[str, Field(pattern=r"^([A-Za-z]{2})?$", examples=["PT"])] = ""
    max_age: Milliseconds = _DAY_MS

    @field_validator("location")
    @classmethod
    def _is_known(cls, location: LocationConfig | None, info: ValidationInfo) -> LocationConfig | None:
        if location is None and _nearby(info):
            raise config_problem(
                "a nearby search needs a location",
                example="location = { latitude = 52.52, longitude = 13.405, radius = 1000 }",
            )
        return location

    @field_validator("filters")
    @classmethod
    def _can_be_answered(cls, filters: FiltersConfig, info: ValidationInfo) -> FiltersConfig:
        provider = info.data.get("provider")
        if provider == "nominatim" and (filters.min_rating is not None or filters.open_now):
            unknown = "min_rating" if filters.min_rating is not None else "open_now"
            raise config_problem(
                f"{unknown} needs ratings and opening hours, which provider nominatim does not look at",
                example='provider = "google"',
            )
        if provider == "google" and "=" in filters.type:
            raise config_problem(
                f"{filters.type!r} is a tag of OpenStreetMap, not a type of Google",
                example='filters = { type = "cafe" }',
            )
        return filters

    @field_validator("search_query")
    @classmethod
    def _asks_something(cls, written: str, info: ValidationInfo) -> str:
        if not written.strip():
            raise config_problem("expected what to look for", example='search_query = "coffee in Lisbon"')
        filters = info.data.get("filters")
        if _nearby(info) and filters is not None and not _kind(written, filters, info.data.get("provider")):
            raise config_problem(
                f"a nearby search looks for one type of place, which {written!r} is not; name it in filters",
                example='filters = { type = "cafe" }',
            )
        return written.strip()

    @field_validator("max_results")
    @classmethod
    def _are_given(cls, wanted: int, info: ValidationInfo) -> int:
        if "provider" not in info.data or "search_type" not in info.data:
            return wanted
        provider, search_type = info.data["provider"], info.data["search_type"]
        most = service_for(provider, search_type).most
        if wanted > most:
            raise config_problem(
                f"provider {provider} gives no more than {most} places in a {search_type}",
                example=f"max_results = {most}",
            )
        return wanted

    @field_validator("region")
    @classmethod
    def _can_be_told(cls, region: str, info: ValidationInfo) -> str:
        if region and _nearby(info) and info.data.get("provider") == "nominatim":
            raise config_problem("a nearby search of provider nominatim knows places by their location only")
        return region

    @field_validator("max_age")
    @classmethod
    def _may_be_kept(cls, max_age: int, info: ValidationInfo) -> int:
        if info.data.get("provider") == "google":
            raise config_problem("the answers of provider google are not kept")
        return max_age

    def query(self) -> Query:
        """What is looked for."""
        area = self.location
        nearby = self.search_type == "nearby_search"
        return Query(
            text=self.search_query,
            search_type=self.search_type,
            provider=self.provider,
            area=None if area is None else Circle(area.latitude, area.longitude, area.radius),
            kind=_kind(self.search_query, self.filters, self.provider) if nearby else self.filters.type,
            min_rating=self.filters.min_rating,
            open_now=self.filters.open_now,
            most=self.max_results,
            language=self.language,
            region=self.region,
        )


def _nearby(info: ValidationInfo) -> bool:
    return info.data.get("search_type") == "nearby_search"


def _kind(query: str, filters: FiltersConfig, provider: str | None) -> str:
    """The kind of place that a nearby search looks for; "" where none is said."""
    kind = filters.type or kind_of(query) or ""
    return "" if provider == "google" and "=" in kind else kind


class PlacesSearchManager:
    """Plans a search: its first page."""

    manager_type = "places_search"
    config_model = PlacesSearchConfig

    def limits(self, config: PlacesSearchConfig) -> StepLimits:
        return StepLimits(concurrency=1)

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: Any,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        yield page_job(config.search_query, 1)


def page_job(name: str, number: int, page: str = "", found: int = 0) -> ChildJob:
    """The child for a page of a search; `page` leads to it, `found` places came before it."""
    return ChildJob(
        CHILD_TYPE,
        name if number == 1 else f"{name}, page {number}",
        {"number": number, "page": page, "found": found},
        dedupe_key=f"page {number}",
    )
