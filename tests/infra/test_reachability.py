"""How the tests find things out, tried on things small enough to see through."""

from infra.questions import unreadable_scripts
from infra.reachability import Place, reaches


def test_a_packet_needs_both_groups_a_route_and_a_public_address() -> None:
    public, private = Place(frozenset({"igw"}), True), Place(frozenset({"nat"}), False)
    held = {("in", "web", "world", "80"), ("out", "web", "db", "3306"), ("in", "db", "world", "3306")}
    where = {"web": public, "db": private}
    assert reaches("world", "web", "80", held=held, where=where, outsiders={"world"})
    assert not reaches("world", "web", "80", held=held, where=where | {"web": private}, outsiders={"world"})
    assert not reaches("world", "db", "3306", held=held, where=where, outsiders={"world"})
    assert reaches("web", "db", "3306", held=held, where=where, outsiders={"world"})
    assert not reaches("web", "db", "3306", held=held - {("in", "db", "world", "3306")}, where=where, outsiders=set())
    assert not reaches("web", "db", "3306", held=held - {("out", "web", "db", "3306")}, where=where, outsiders=set())


def test_a_broken_script_inside_a_script_is_seen() -> None:
    script = "cat > run <<'SCRIPT'\nif true; then\nSCRIPT\n"
    assert "unexpected end of file" in unreadable_scripts(script)[0]
    assert unreadable_scripts(script.replace("then", "then true; fi")) == []
