"""Who of the desk sees an item: Item.visible_to from the other side, in one query for all of them."""

from django.db.models import Q, QuerySet

from accounts.models import Office, Role, Team, User
from inbox.models import Item


def colleagues(item: Item, *, but: User) -> QuerySet[User]:
    """Active operators and heads who may see `item`, without `but`, by name."""
    sees = Q()
    if item.restricted:
        sees &= Q(pk__in=item.readers.values("pk"))
    if not Office.everybody_sees_all():
        channels = [item.channel_id, *item.also_on.values_list("pk", flat=True)]
        teams = Team.objects.filter(channels__in=channels)
        sees &= Q(pk__in=User.teams.through.objects.filter(team__in=teams).values("user"))
    people = User.objects.filter(Q(role=Role.HEAD) | Q(role=Role.OPERATOR) & sees, is_active=True)
    return people.exclude(pk=but.pk).order_by("full_name", "username")
