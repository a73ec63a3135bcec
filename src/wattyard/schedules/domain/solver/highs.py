"""The one file that knows the Python binding of HiGHS, the solver.

The binding's plain class is used, which highspy keeps private (`_core`): the public one prints a
banner whenever it is made. `pyproject.toml` therefore pins highspy to one exact version.
"""

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.solver.program import Program

if TYPE_CHECKING:
    from highspy._core import _Highs

    Highs = _Highs

_DUAL_TOLERANCE: Final = 1e-9
RELATIVE_GAP: Final = 1e-9
_OPTIONS: Final = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "dual_feasibility_tolerance": _DUAL_TOLERANCE,
    "mip_rel_gap": RELATIVE_GAP,
    "mip_abs_gap": RELATIVE_GAP,
    # What helps HiGHS with thousands of integers costs it most of its time with the few here.
    "mip_allow_restart": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
}


@cache
def binding() -> Any:  # noqa: ANN401 (a module)
    """Import the binding, which takes a fifth of a second that only plans need."""
    from highspy import _core  # noqa: PLC0415 - see above

    return _core


def loaded(program: Program, goal: Numbers, seconds: float) -> "Highs":
    """Hand a programme to a fresh HiGHS, column by column, to minimise `goal` (n weights)."""
    core = binding()
    order = np.lexsort((program.entries_row, program.entries_column))
    starts = np.searchsorted(program.entries_column[order], np.arange(goal.size))
    highs: Highs = core._Highs()
    for option, value in {**_OPTIONS, "time_limit": seconds}.items():
        highs.setOptionValue(option, value)
    highs.passModel(
        goal.size,
        program.row_lower.size,
        order.size,
        int(core.MatrixFormat.kColwise),
        int(core.ObjSense.kMinimize),
        0.0,
        goal,
        program.lower,
        program.upper,
        program.row_lower,
        program.row_upper,
        starts.astype(np.int32),
        program.entries_row[order].astype(np.int32),
        program.entries_value[order],
        program.whole.astype(np.int32),
    )
    return highs


def run(highs: "Highs") -> bool:
    """Solve; whether the best plan was found."""
    highs.run()
    return bool(highs.getModelStatus() == binding().HighsModelStatus.kOptimal)


def timed_out(highs: "Highs") -> bool:
    """Whether the time ran out."""
    return bool(highs.getModelStatus() == binding().HighsModelStatus.kTimeLimit)


def has_plan(highs: "Highs") -> bool:
    """Whether a plan, the best or not, was found."""
    status = highs.getInfo().primal_solution_status
    return bool(status == int(binding().SolutionStatus.kSolutionStatusFeasible))
