"""Cells: accounts spread over several PostgreSQL clusters, and moved between them (docs/cells.md).

A cell is one cluster with its own nodes. An account lives in exactly one: where its row of
`accounts` is, and says nothing of a move. `moving` moves one, `publishing` gives every cell what
all of them share, `checks` compares cells, `haproxy` writes the map by which calls find theirs.
"""
