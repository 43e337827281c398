"""Times, and a letter's matter, in plain words for the templates; the rules are in tickets/words.py."""

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from tickets import words

register = template.Library()


@register.filter
def matter(subject: str) -> str:
    """What a letter is about, without the set phrase before the colon; lists show this."""
    return subject.rsplit(": ", 1)[-1].strip() or subject


@register.filter
def breakable(number: str) -> SafeString:
    """A letter's number that may go on in the next line behind each slash, where a person would break it."""
    return mark_safe(conditional_escape(number).replace("/", "/<wbr>"))  # noqa: S308  escaped just now


register.filter("age", words.age)
register.filter("due", words.due)
register.filter("is_late", words.is_late)
register.filter("is_soon", words.is_soon)
register.filter("long_date", words.long_date)
register.filter("moment", words.moment)
register.filter("weekday_date", words.weekday_date)
register.filter("hour", words.hour)
