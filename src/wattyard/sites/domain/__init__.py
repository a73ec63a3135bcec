"""Rules of sites, devices and customers; pure."""
