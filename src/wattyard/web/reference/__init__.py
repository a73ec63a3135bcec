"""The reference: pages from the OpenAPI document, one per group."""
