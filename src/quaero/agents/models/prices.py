"""What an answer costs, in dollars: by the definition's price, else by the list that comes with the library."""

from dataclasses import dataclass
from datetime import UTC, datetime

from quaero.agents.models.providers import Provider


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens that go in, and that come out."""

    input: float
    output: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that went in and came out; thinking comes out."""

    input: int = 0
    output: int = 0

    @property
    def total(self) -> int:
        return self.input + self.output


def cost_of(usage: Usage, provider: Provider, name: str, price: Price | None) -> float | None:
    """Dollars; None: nobody knows the price. The list is read from the installed package, never from the network."""
    if price is not None:
        return (usage.input * price.input + usage.output * price.output) / 1_000_000
    if provider.price_list is None:
        return 0.0
    from genai_prices import Usage as PricedUsage  # noqa: PLC0415 - slow to import
    from genai_prices import calc_price  # noqa: PLC0415

    priced = PricedUsage(input_tokens=usage.input, output_tokens=usage.output)
    try:
        found = calc_price(
            priced, name, provider_id=provider.price_list, genai_request_timestamp=datetime.now(UTC)
        )
    except LookupError:
        return None
    return float(found.total_price)
