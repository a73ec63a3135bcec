"""Who counts as dead among the workers that hold deliveries: whoever is seen to be silent."""

from uuid import UUID

from wattyard.events.jobs.life_signs import SIGN_SECONDS, SILENT_SECONDS, WorkerWatch

ONE, OTHER = UUID(int=1), UUID(int=2)


def looked(watch: WorkerWatch, at: float, **signs: int) -> set[UUID]:
    """Look once, in no time: who counts as dead."""
    given = {{"one": ONE, "other": OTHER}[name]: number for name, number in signs.items()}
    return set(watch.silent(given, asked=at, answered=at))


def test_a_worker_whose_signs_stand_still_counts_as_dead_within_five_seconds_of_the_last() -> None:
    watch, died = WorkerWatch(), 100.0
    looks = [died + 0.9 + 0.9 * look for look in range(5)]  # with the time that a look takes
    seen = [at for at in looks if looked(watch, at, one=7)]
    assert seen[0] - died < 5


def test_a_worker_that_gives_signs_lives_and_so_does_one_that_missed_a_few() -> None:
    watch = WorkerWatch()
    for look in range(60):
        number = int(look // SIGN_SECONDS)
        assert looked(watch, float(look), one=number, other=look // 2) == set()


def test_a_worker_that_was_away_for_two_and_a_half_seconds_is_not_dead() -> None:
    """Its next sign was just due, and it gives it when it is back, whenever it is looked at."""
    left, back = 10.0, 12.5 + SIGN_SECONDS
    for phase in range(18):
        watch = WorkerWatch()
        looks = [left - 2 + phase / 20 + 0.9 * look for look in range(8)]
        for at in looks:
            assert looked(watch, at, one=8 if at >= back else 7 if at >= left else int(at)) == set()


def test_nobody_is_dead_because_the_database_was_away_for_all() -> None:
    """Whoever lives gives a sign within a second of its return."""
    watch = WorkerWatch()
    for at, number in ((0.0, 7), (0.85, 7), (31.0, 7), (31.85, 8), (32.7, 9)):
        assert looked(watch, at, one=number, other=3) == ({OTHER} if at > 32 else set())


def test_a_sign_may_have_been_given_while_the_signs_were_read() -> None:
    watch = WorkerWatch()
    for asked in (0.0, 1.0, 2.0, SILENT_SECONDS):  # each answer takes half a second
        assert watch.silent({ONE: 7}, asked=asked, answered=asked + 0.5) == {}
    for asked in (4.5, 5.5, 6.5):
        found = watch.silent({ONE: 7}, asked=asked, answered=asked + 0.5)
    assert found == {ONE: 7}


def test_whoever_signed_off_and_came_back_begins_anew() -> None:
    watch = WorkerWatch()
    assert looked(watch, 0.0, one=7) == set()
    assert looked(watch, 1.5, other=1) == set()
    assert looked(watch, 3.0, one=7) == set()
