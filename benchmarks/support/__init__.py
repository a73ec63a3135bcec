"""What the cases share: where they run, servers, load, fleets."""
