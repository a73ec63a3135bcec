"""Words that every capability uses: refusals, ids, instants and spans, civil time, quantities."""
