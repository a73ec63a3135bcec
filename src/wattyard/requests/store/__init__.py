"""The SQL of the request log, its counts and its daily partitions."""
