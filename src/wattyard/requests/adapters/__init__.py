"""From HTTP: what of a call goes into the log, and what of its body may be shown."""
