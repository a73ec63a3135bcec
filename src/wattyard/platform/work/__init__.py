"""Background work: jobs, and the worker that keeps them running."""

from wattyard.platform.work.batches import Batches
from wattyard.platform.work.computing import beside, in_turn, yield_to_the_loop
from wattyard.platform.work.files import open_many
from wattyard.platform.work.shares import in_its_share
from wattyard.platform.work.stopping import Stopping
from wattyard.platform.work.turns import turn_on
from wattyard.platform.work.worker import Job, Periodic, Worker, wait_for

__all__ = [
    "Batches",
    "Job",
    "Periodic",
    "Stopping",
    "Worker",
    "beside",
    "in_its_share",
    "in_turn",
    "open_many",
    "turn_on",
    "wait_for",
    "yield_to_the_loop",
]
