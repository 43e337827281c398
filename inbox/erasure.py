"""Taking words out for good: unsent, deleted on the platform, or asked for (I8; UU PDP; X and Meta rules).

Citizens' words stand in few places, all emptied here: the message and its files, the item's preview
and search, and the raw bytes they came in. A tombstone with the reason stays.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from inbox import arrivals, live
from inbox.models import Citizen, EarlyEvent, Item, MediaFile, Message
from inbox.scrubbing import scrub_tellings

journal.register(
    {
        "message_erased": _("isi pesan dihapus"),
        "citizen_erased": _("data warga dihapus atas permintaan"),
    }
)


def erase_message(message: Message, *, why: str) -> bool:
    """Empty `message`, leave its tombstone. Inside a transaction; True when it had words.

    1. The words themselves, and the files (their bytes go after commit). 2. The raw bytes it came in,
    however often it was told.
    3. What the list shows of its item.
    """
    if message.erased_at:
        return False
    words = [message.text, message.quoted]
    files = [
        (one.file.storage, name)
        for one in message.files.all()
        for name in (one.file.name, one.thumb.name)
        if name
    ]
    if message.picture:
        files.append((message.picture.storage, message.picture.name or ""))
    message.files.update(state=MediaFile.State.GONE, file="", thumb="", problem=why[:200])
    Message.objects.filter(pk=message.pk).update(
        text="", quoted="", media=[], picture="", link="", erased_at=clock.now(),
        erased_why=why[:60],
    )  # fmt: skip
    EarlyEvent.objects.filter(
        platform=message.platform, external_id__in={message.external_id, message.current_id}
    ).update(text="")
    scrub_tellings(message, words=words)
    journal.record("message_erased", subject=message.item, by=None, message=message.pk)
    arrivals.refresh_item(message.item)
    live.item_changed(message.item, kind="message")

    def drop_files() -> None:
        for storage, name in files:
            storage.delete(name)

    transaction.on_commit(drop_files)
    return True


def erase_citizen(citizen: Citizen, *, why: str) -> int:
    """Everything this person wrote, and the name: on request (UU PDP), or because the platform asks.

    What the office answered and what it decided stays, without the person. Returns how many messages.
    """
    count = 0
    with transaction.atomic():
        row = Citizen.objects.select_for_update().get(pk=citizen.pk)
        theirs = Message.objects.filter(
            item__citizen=row, direction=Message.Direction.IN, erased_at=None
        )
        for message in theirs.select_related("item__citizen"):
            count += erase_message(message, why=why)
        row.handle, row.name = "", str(_("Warga (data dihapus)"))
        row.save(update_fields=["handle", "name"])
        for item in Item.objects.filter(citizen=row):
            arrivals.refresh_item(item)
            live.item_changed(item, kind="state")
        journal.record("citizen_erased", subject=row, by=None, messages=count)
    return count
