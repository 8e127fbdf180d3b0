"""What can be typed as a search, and what the databases are asked for it."""

from datetime import date

import pytest

from app.notes.queries import (
    BEGINNINGS_AT_MOST,
    OR,
    SHORT,
    SHORTEST_BEGINNING,
    TYPED_AT_MOST,
    WORDS_AT_MOST,
    Clause,
    Term,
    boolean_mode,
    fts5,
    parse,
    phrases,
    widened,
)

TODAY = date(2031, 7, 4)


def word(*words: str, prefix: bool = False, excluded: bool = False) -> Clause:
    return Clause((Term("word", words, prefix),), excluded)


def tag(name: str, prefix: bool = False, excluded: bool = False) -> Clause:
    return Clause((Term("tag", (name,), prefix),), excluded)


def due(*days: str, prefix: bool = False) -> Clause:
    return Clause(tuple(Term("due", (day,), prefix) for day in days))


@pytest.mark.parametrize(
    ("typed", "clauses"),
    [
        ("milk Eggs ", (word("milk"), word("eggs"))),
        # The last word is half a word as long as nothing follows it.
        ("milk Egg", (word("milk"), word("egg", prefix=True))),
        ("milk.", (word("milk"),)),
        ("e-mail", (word("e", "mail", prefix=True),)),
        ("mi", (word("mi"),)),
        ('"fresh mil', (word("fresh", "mil", prefix=True),)),
        ("日本", (word("日", "本"),)),
        ('"fresh milk"', (word("fresh", "milk"),)),
        # Quotes of all kinds make phrases.
        ("“fresh milk”", (word("fresh", "milk"),)),
        ("„fresh milk“", (word("fresh", "milk"),)),
        ("«fresh milk»", (word("fresh", "milk"),)),
        ("「日本」", (word("日", "本"),)),
        # Beginnings.
        ("proj* ", (word("proj", prefix=True),)),
        ("bright-hou* ", (word("bright", "hou", prefix=True),)),
        ("tag:zebra*", (tag("zebra", prefix=True),)),
        ("* ", ()),
        # Exclusions; a minus before a digit belongs to the number.
        ("-milk", (word("milk", excluded=True),)),
        ('-"40" ', (word("40", excluded=True),)),
        ("temp -40 ", (word("temp"), word("40"))),
        ("--verbose", (word("verbose", prefix=True),)),
        ("milk - eggs ", (word("milk"), word("eggs"))),
        # One of them.
        ("milk OR eggs tea ", (Clause((*word("milk").terms, *word("eggs").terms)), word("tea"))),
        ("a OR b OR c ", (Clause((*word("a").terms, *word("b").terms, *word("c").terms)),)),
        ("milk or eggs ", (word("milk"), word("or"), word("eggs"))),
        ("OR milk ", (OR, word("milk"))),
        ("milk OR", (word("milk"),)),
        ("milk OR -eggs", (word("milk"), word("eggs", excluded=True))),
        # Tags, states and dates.
        ("tag:Home -tag:work", (tag("home"), tag("work", excluded=True))),
        ("#Home -#work", (tag("home"), tag("work", excluded=True))),
        ("#42 ", (Clause((*tag("42").terms, *word("42").terms)),)),
        ("# heading ", (word("heading"),)),
        ("is:open is:nonsense ", (Clause((Term("state", ("open",)),)), word("is", "nonsense"))),
        ("tag: is: ", (word("tag"), word("is"))),
        ("due:today", (due("20310704"),)),
        ("due:week", (due(*(f"203107{day:02}" for day in range(4, 11))),)),
        ("due:2031-07", (due("203107", prefix=True),)),
        ("due:2031-07-04", (due("20310704"),)),
        ("due:never ", (word("due", "never"),)),
        ('" " - * ()', ()),
        # The same twice is asked once.
        ("milk milk ", (word("milk"),)),
    ],
)
def test_what_is_typed_is_understood(typed: str, clauses: tuple[Clause, ...]) -> None:
    assert parse(typed, TODAY).clauses == clauses


def test_words_that_the_former_index_had_otherwise_are_looked_for_both_ways() -> None:
    [clause] = parse("snake_case ", TODAY).clauses
    assert clause == Clause((Term("word", ("snake", "case"), before=("snakecase",)),))
    assert fts5(1, [clause]) == '("1_wsnake 1_wcase" OR "1_wsnakecase")'
    assert boolean_mode(1, [clause]) == '+("1_wsnake 1_wcase" 1_wsnakecase)'


@pytest.mark.parametrize(
    "typed",
    [
        " ".join(f"w{number}" for number in range(1000)),
        " ".join(f"tag:t{number}" for number in range(1000)),
        " OR ".join(f"w{number}" for number in range(1000)),
        '"' + " ".join(f"w{number}" for number in range(1000)) + '"',
        "-".join("abcdefghij" * 50),
        "日本語" * 300,
        "due:week " * 100 + "due:week OR " * 50,
        '"' * 5000,
    ],
)
def test_however_much_is_typed_only_so_many_words_are_looked_for(typed: str) -> None:
    clauses, _ = parse(typed, TODAY)
    assert sum(len(term.words) for clause in clauses for term in clause.terms) <= WORDS_AT_MOST
    assert len(fts5(1, clauses)) < WORDS_AT_MOST * 80


@pytest.mark.parametrize("letters", [3, 4])
def test_however_many_beginnings_are_typed_only_so_many_are_looked_for(letters: int) -> None:
    clauses, cut = parse(" ".join(f"{letter * letters}*" for letter in "abcdefghijklmnop"), TODAY)
    for asked in (clauses, widened(clauses)):
        beginnings = sum(term.prefix for clause in asked for term in clause.terms)
        assert beginnings == BEGINNINGS_AT_MOST // (SHORT if letters == SHORTEST_BEGINNING else 1)
    assert cut


def test_what_is_not_looked_for_is_said() -> None:
    assert not parse("milk " * WORDS_AT_MOST, TODAY).cut
    assert parse("milk " * (WORDS_AT_MOST + 1), TODAY).cut
    assert parse(" " * (TYPED_AT_MOST + 1), TODAY).cut


def test_the_wider_search_takes_each_word_and_tag_for_a_beginning_and_excludes_no_more() -> None:
    clauses = parse('"fresh milk" tag:home -no a is:open ', TODAY).clauses
    assert widened(clauses) == (
        word("fresh", "milk", prefix=True),
        Clause((*tag("home", prefix=True).terms, *word("home", prefix=True).terms)),
        word("no", excluded=True),
        word("a"),
        Clause((Term("state", ("open",)),)),
    )


def test_a_query_of_exclusions_starts_from_all_notes() -> None:
    clauses = parse("-milk", TODAY).clauses
    assert fts5(1, clauses) == '("1_sall") NOT ("1_wmilk")'
    assert boolean_mode(1, clauses) == "+(1_sall) -(1_wmilk)"


def test_both_databases_are_asked_for_the_same_tokens() -> None:
    clauses = parse('milk "fresh eggs" OR tea beg* -tag:work', TODAY).clauses
    assert fts5(1, clauses) == (
        '("1_wmilk") AND ("1_wfresh 1_weggs" OR "1_wtea") AND ("1_wbeg" OR "1_wbeg" *) NOT ("1_twork")'
    )
    assert boolean_mode(1, clauses) == '+(1_wmilk) +("1_wfresh 1_weggs" 1_wtea) +(>1_wbeg 1_wbeg*) -(1_twork)'


def test_mysql_is_asked_for_the_order_of_a_phrase_that_ends_in_a_beginning_besides() -> None:
    clauses = parse("bright-hou* -dark-hou*", TODAY).clauses
    assert fts5(1, clauses) == (
        '("1_wbright 1_whou" OR "1_wbright 1_whou" *) NOT ("1_wdark 1_whou" OR "1_wdark 1_whou" *)'
    )
    assert boolean_mode(1, clauses) == '+(>"1_wbright 1_whou" (+1_wbright +1_whou*))'
    assert phrases(1, clauses) == [
        ((" 1_wbright 1_whou ", " 1_wbright 1_whou"), False),
        ((" 1_wdark 1_whou ", " 1_wdark 1_whou"), True),
    ]
