"""What every capability uses: refusals, ids, instants and spans, civil time, rounding."""
