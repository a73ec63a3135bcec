"""The SQL of sites, devices and customers."""
