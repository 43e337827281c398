"""Stand-in platforms over real HTTP: the same endpoints, signatures, limits and failures.

A process of its own. It imports nothing from the apps and is never imported by them. `core` is
what all platforms share (clock, store, ledger, faults, the narrator); each platform has a room
(`x`). Start it with `uvicorn sandbox.asgi:application`.
"""
