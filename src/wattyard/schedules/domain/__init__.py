"""Plans as pure mathematics: frozen questions in, frozen answers out. No clock, no I/O."""
