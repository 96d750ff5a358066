"""A hundred clients behind HAProxy while three frontends are replaced one by one: none refused, nothing lost or doubled."""

from rolling import roll

CLIENTS = 100


def check(demo):
    # By the same program, as after a change of what needs a restart.
    roll(demo, CLIENTS, [None, None])
