"""`make faults`: a desk played against real servers that are killed, frozen and lied to (issue 4; DESIGN §7).

deck (which trial meets what) → runner → batch (scripts, rounds, chaos) → counting (on the sandbox's ledger)
stand starts everything; points is the hook inside the workers; app is their Celery, with a faster beat.
"""
