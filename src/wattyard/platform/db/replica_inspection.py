"""What `wattyard doctor` says of the replicas."""

from wattyard.kernel.context import Context
from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.database import Database
from wattyard.platform.db.positions import LogPosition
from wattyard.platform.db.replica import Replica
from wattyard.platform.db.standings import ReplicaUnfit


class ReplicaInspection:
    """Whether each replica is there, fit, and follows its primary."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def complaints(self, context: Context) -> list[str]:
        """What is wrong with each replica; empty where all may be read."""
        if not self._db.replicas:
            return []
        primary = await self._db.position()
        if primary is None:
            return ["the primary does not say how far its log has come: no replica is read"]
        found = [await self._complaint(one, primary) for one in self._db.replicas]
        return [complaint for complaint in found if complaint]

    async def _complaint(self, replica: Replica, primary: LogPosition) -> str | None:
        try:
            behind_bytes, paused = await replica.examined(primary)
        except (ReplicaUnfit, Unavailable) as fault:
            said = str(fault.__cause__ or fault)
        else:
            if not behind_bytes:
                return None
            pause = ", its replay is paused (SELECT pg_wal_replay_resume())" if paused else ""
            said = f"it is {behind_bytes:,} bytes behind{pause}"
        return (
            f"the replica {replica.name} is not read: {said}; see docs/operations/read-replicas.md"
        )
