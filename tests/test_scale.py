"""docs/scale.md says what the arithmetic on the measured costs says."""

from pathlib import Path

from benchmarks import scale

PAGE = Path(__file__).resolve().parents[1] / "docs" / "scale.md"


def test_the_page_holds_the_tables_of_the_simulation() -> None:
    assert scale.tables() in PAGE.read_text(), "run: make bench BENCH=scale, and put what it prints into docs/scale.md"


def test_more_people_need_more_of_everything_in_proportion() -> None:
    one, thousand = scale.processors(1), scale.processors(1_000)
    assert [round(more / less) for more, less in zip(thousand, one, strict=True)] == [1_000, 1_000]


def test_what_ends_first_is_the_smallest_of_the_limits() -> None:
    small = scale.Size("no disk", app=100, database=100, memory_gb=100, disk_gb=1)
    assert scale.carried(small)[1] == "the disk"
    assert scale.carried(scale.Size("no processor", 0.01, 100, 10_000, 100_000))[1] == "the app's processors"
