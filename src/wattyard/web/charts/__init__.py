"""Charts: pure functions from series to drawings, which are written as SVG for a page or a file.

A drawing knows no colours: it names styles (`palette.py`), which a page takes from the one CSS
file, light or dark, and a file by itself has as presentation attributes. Positions along a chart
are shares of its width and those down it are pixels, so that text keeps its size on every screen.
"""
