"""Problems as a person reads them: `{{ call.problem|why_failed:where }}` (inbox/failures.py)."""

from django import template

from inbox import failures

register = template.Library()
register.filter("why_failed", failures.why_failed)
register.filter("why_unread", failures.why_unread)
register.filter("why_gone", failures.why_gone)
register.filter("why_odd", failures.why_odd)
