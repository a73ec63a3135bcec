"""What a backup folder keeps: the newest base backups, and all WAL since the oldest of them."""

from pathlib import Path

from wattyard.platform.embedded.archive import folders
from wattyard.platform.embedded.archive.folders import Chain, chains


def apply(folder: Path, chain: Chain, keep: int) -> None:
    """Keep the `keep` newest base backups of the chain that is being written.

    WAL from before the oldest of them is removed, and so are earlier chains, once all of their
    base backups are older than it. As long as the chain has fewer than `keep`, nothing is removed:
    the last ones of a chain before it may be all there is. What cannot be read counts as none, and
    stays with its chain.
    """
    bases = chain.bases()
    kept = bases[-keep:]
    if len(kept) < keep:
        return
    for base in bases[:-keep]:
        folders.remove(base.path)
    needed = min(base.first_segment for base in kept)  # whatever a clock did between two of them
    for segment in chain.segments():
        if segment.name < needed:
            segment.path.unlink()
    for other in chains(folder):
        if other.path == chain.path or other.unreadable():
            continue
        if all(b.ended < kept[0].ended for b in other.bases()):
            folders.remove(other.path)
