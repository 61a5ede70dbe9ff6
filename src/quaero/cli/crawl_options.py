"""The options of `quaero crawl` by the keys of the definition that they become."""

from types import MappingProxyType

from quaero.jobs.definitions.quick_crawl import option_of
from quaero.models.definition import Complaint

_OPTIONS = MappingProxyType(
    {
        "start_urls": "URL",
        "include_patterns": "--include",
        "exclude_patterns": "--exclude",
        "user_agent": "crawler.user_agent",
        "tags": "--tag",
    }
)


def as_option(complaint: Complaint) -> Complaint:
    """The complaint about a key of the definition as one about the option that it comes from."""
    key = option_of(complaint)
    return Complaint(_OPTIONS.get(key, f"--{key.replace('_', '-')}"), None, "", complaint.message)
