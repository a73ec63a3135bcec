"""The SQL of tariffs, market sources and market prices."""
