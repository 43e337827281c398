"""What Facebook and Instagram share: Graph client, what its answers mean, webhooks, log-in."""

from inbox.connectors.meta.graph import HOST, VERSION, Answer, Graph, GraphError
from inbox.connectors.meta.hook import HOOK, accounts, handshake, open_signed_request, verify
from inbox.connectors.meta.login import LinkedPage, Login, Token, TokenState
from inbox.connectors.meta.outcome import Kind, classify_write, kind_of, read_failure

__all__ = [
    "HOOK",
    "HOST",
    "VERSION",
    "Answer",
    "Graph",
    "GraphError",
    "Kind",
    "LinkedPage",
    "Login",
    "Token",
    "TokenState",
    "accounts",
    "classify_write",
    "handshake",
    "kind_of",
    "open_signed_request",
    "read_failure",
    "verify",
]
