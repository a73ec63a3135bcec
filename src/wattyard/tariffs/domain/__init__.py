"""What a tariff is, when it is valid, and the price series it makes. Pure: no clock, no I/O."""
