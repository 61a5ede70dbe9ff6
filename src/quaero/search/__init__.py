"""The search language: from what a person types to a `Query` that a store can answer. No SQL here."""
