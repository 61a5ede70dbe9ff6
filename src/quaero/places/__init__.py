"""Places: what providers of maps are asked, and what they answer. No jobs, no store, no network."""
