"""Whether somebody is at work, in an operator's words."""

from django import template
from django.utils.translation import gettext as _

from accounts import clock
from accounts.models import User
from inbox import duty

register = template.Library()


@register.filter
def duty_words(user: User) -> str:
    """“Sedang jaga”, “Tidak jaga”, or “Jam tenang sampai 05.00”."""
    if not user.on_duty:
        return _("Tidak jaga")
    if user.quiet_to and duty.quiet(user, clock.now()):
        return _("Jam tenang sampai %(hour)s") % {"hour": f"{user.quiet_to:%H.%M}"}
    return _("Sedang jaga")
