"""Background work of tariffs: fetching market prices, telling of contracts that end."""
