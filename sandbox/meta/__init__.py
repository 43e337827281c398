"""Meta: the Graph API an inbox needs for Facebook Pages, Messenger and Instagram (platforms.md §3–§6)."""
