"""Values and rules of Quaero: no I/O, no clock, no asyncio. What everything else agrees on."""
