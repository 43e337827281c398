"""LINE Official Accounts: the Messaging API an inbox needs, its webhooks, the chats."""
