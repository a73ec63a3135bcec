"""From readings and tariffs to costs. Pure: no clock, no I/O."""
