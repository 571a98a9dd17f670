"""Who may enter the operator's doors."""

from access.doors import may, only_with

OPERATE_INDEX = "search.operate_index"
operators_only = only_with(OPERATE_INDEX, home="operator_index")


def is_operator(user) -> bool:
    """Also for the user of a websocket; asks the database."""
    return may(user, OPERATE_INDEX)
