"""JSON shapes of sites, devices and customers, and the mappings to and from them."""
