"""How reachability is computed, on a network small enough to see through."""

from infra.reachability import Place, reaches


def test_a_packet_needs_both_groups_a_route_and_a_public_address() -> None:
    public, private = Place(frozenset({"igw"}), True), Place(frozenset({"nat"}), False)
    held = {("in", "web", "world", "80"), ("out", "web", "db", "3306"), ("in", "db", "world", "3306")}
    where = {"web": public, "db": private}
    assert reaches("world", "web", "80", held=held, where=where, outsiders={"world"})
    assert not reaches("world", "web", "80", held=held, where=where | {"web": private}, outsiders={"world"})
    assert not reaches("world", "db", "3306", held=held, where=where, outsiders={"world"})
    assert not reaches("web", "db", "3306", held=held, where=where, outsiders={"world"})
    assert reaches("web", "db", "3306", held=held | {("in", "db", "web", "3306")}, where=where, outsiders={"world"})
