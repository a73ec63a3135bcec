"""Background work of tariffs: fetching market prices, announcing contracts that end."""
