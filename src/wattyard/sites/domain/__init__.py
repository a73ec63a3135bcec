"""Rules of places, devices and customers; pure."""
