"""What a run counts of its answers, for what is usual."""

from crawler.progress import Progress


def test_refusals_and_server_errors_are_counted_and_removals_are_not() -> None:
    progress = Progress()
    for status in (200, 200, 404, 410, 403, 500, 200):
        progress.answered(status, 45_678, at_wall=status == 403)
    assert (progress.answers, progress.refused) == (7, 2)
    assert progress.usual_size == 45_000


def test_the_usual_size_is_the_median_and_costs_little_memory() -> None:
    assert Progress().usual_size is None
    progress = Progress()
    for size in range(100_000):
        progress.answered(200, size)
    assert progress.usual_size == 50_000
    assert len(progress.sizes) < 500


def test_a_small_answer_keeps_its_size() -> None:
    progress = Progress()
    progress.answered(200, 0)
    progress.answered(200, 7)
    progress.answered(200, 212)
    assert progress.usual_size == 7
