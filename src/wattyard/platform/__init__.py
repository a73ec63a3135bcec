"""Machinery: database, HTTP plumbing, settings, telemetry. Knows nothing of energy."""
