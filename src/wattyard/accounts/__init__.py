"""Who is calling, in which mode: accounts, secret keys, bearer tokens."""
