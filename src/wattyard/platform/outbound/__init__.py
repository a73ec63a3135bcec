"""Outgoing HTTP, in one place: limits, retries, which addresses may be reached.

`Fetcher` asks servers that the operator named (market sources, a weather service); `Poster` sends
to addresses that clients registered (webhooks) and reaches only what the `AddressPolicy` permits.
Both follow no redirect, take no proxy, cookie or credential from the environment, and send an
address byte for byte as it was written. Import from the modules: the HTTP client takes 15 MiB.
"""
