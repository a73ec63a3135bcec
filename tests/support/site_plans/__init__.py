"""A second hand's reading of contract 4b: one plan for the whole site, without the program."""
