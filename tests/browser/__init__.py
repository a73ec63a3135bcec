"""The dashboard in a real browser, on a server with the sample fleet."""
