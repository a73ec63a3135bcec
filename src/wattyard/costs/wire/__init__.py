"""The JSON of costs."""
