"""The SQL of places, devices and customers."""
