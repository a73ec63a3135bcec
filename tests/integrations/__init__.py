"""The guides of `docs/integrations`: their configuration, and what the programs send with it."""
