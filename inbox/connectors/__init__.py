"""Connectors: one folder per platform, the same protocol (base.py), no Django.

Adding a platform touches its folder and the registry (registry.py) only.
"""
