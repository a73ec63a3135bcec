"""Places and what stands in them: customers, locations and sites, devices and their states."""
