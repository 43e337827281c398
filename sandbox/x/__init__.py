"""X: the API v2 endpoints an inbox needs, and the timeline as citizens see it."""
