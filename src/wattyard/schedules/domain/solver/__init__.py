"""The solver's adapter: programmes as data, goals in order of rank, HiGHS."""
