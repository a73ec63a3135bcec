"""Who counts as dead among the workers that hold deliveries: whoever is seen to be silent."""

from uuid import UUID

from wattyard.events.jobs.life_signs import SIGN_SECONDS, SILENT_SECONDS, Watch

ONE, OTHER = UUID(int=1), UUID(int=2)


def looked(watch: Watch, at: float, **signs: int) -> set[UUID]:
    """Look once, in no time: who counts as dead."""
    given = {{"one": ONE, "other": OTHER}[name]: number for name, number in signs.items()}
    return set(watch.silent(given, asked=at, answered=at))


def test_a_worker_whose_signs_stand_still_counts_as_dead_within_five_seconds_of_the_last() -> None:
    watch, died = Watch(), 100.0
    looks = [died + 0.99 + 1.05 * look for look in range(5)]  # a look a second, and its time
    seen = [at for at in looks if looked(watch, at, one=7)]
    assert seen[0] - died < 5


def test_a_worker_that_gives_signs_lives_and_so_does_one_that_missed_a_few() -> None:
    watch = Watch()
    for look in range(60):
        number = int(look // SIGN_SECONDS)
        assert looked(watch, float(look), one=number, other=look // 2) == set()


def test_only_silence_that_was_seen_counts() -> None:
    """While the database is away for everybody, nobody can give signs: nobody is dead."""
    watch = Watch()
    assert looked(watch, 0.0, one=7) == set()
    assert looked(watch, 1.0, one=7) == set()
    assert looked(watch, 31.0, one=7) == set()  # nothing was seen for half a minute
    assert looked(watch, 32.0, one=7) == set()
    assert looked(watch, 33.0, one=7) == set()
    assert looked(watch, 34.0, one=7) == {ONE}


def test_a_sign_may_have_been_given_while_the_signs_were_read() -> None:
    watch = Watch()
    watch.silent({ONE: 7}, asked=0.0, answered=1.0)
    watch.silent({ONE: 7}, asked=2.0, answered=2.0)
    assert watch.silent({ONE: 7}, asked=SILENT_SECONDS, answered=3.0) == {}
    assert watch.silent({ONE: 7}, asked=1.0 + SILENT_SECONDS, answered=4.0) == {ONE: 7}


def test_whoever_signed_off_and_came_back_begins_anew() -> None:
    watch = Watch()
    assert looked(watch, 0.0, one=7) == set()
    assert looked(watch, 1.5, other=1) == set()
    assert looked(watch, 3.0, one=7) == set()
