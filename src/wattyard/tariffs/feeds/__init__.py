"""Market sources that publish prices on their own: one file each, fetch and parse."""
