"""Background work of meter readings: partitions made ahead."""
