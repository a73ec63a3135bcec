"""JSON shapes of places, devices and customers, and the mappings to and from them."""
