"""Import of another tool's CSV export: upload, choose columns, watch it come in.

For the head alone: an import puts up to a hundred thousand items before everybody's eyes, and nobody can take
them out again at one stroke.
"""

import logging
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from accounts.http import AuthedRequest
from accounts.predicates import head_required
from inbox import csv_import, import_job
from inbox.csv_import import Unreadable
from inbox.import_job import Job
from inbox.models import Channel

log = logging.getLogger(__name__)
PREVIEW = 5  # rows shown while the columns are chosen
FIELDS = {
    "text": gettext_lazy("Isi pesan"),
    "author": gettext_lazy("Penulis"),
    "time": gettext_lazy("Waktu ditulis"),
    "link": gettext_lazy("Tautan"),
    "platform": gettext_lazy("Platform"),
}


class UploadForm(forms.Form):
    """A file, where its messages belong, and whether they still wait for an answer."""

    file = forms.FileField(
        label=gettext_lazy("Berkas CSV"),
        help_text=gettext_lazy("Ekspor dari alat lain atau dari Excel, paling besar 20 MB."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
    )
    channel: Any = forms.ModelChoiceField(
        queryset=Channel.objects.none(), label=gettext_lazy("Kanal"), empty_label=None,
        help_text=gettext_lazy("Untuk baris yang tidak menyebut platform lain."),
    )  # fmt: skip
    history = forms.ChoiceField(
        label=gettext_lazy("Masuk sebagai"),
        choices=[
            ("1", gettext_lazy("Riwayat: sudah selesai, hanya untuk dibaca dan dicari")),
            ("0", gettext_lazy("Pesan masuk: masih menunggu jawaban")),
        ],
        initial="1",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, channels: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ModelChoiceField[Channel]", self.fields["channel"]).queryset = channels


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: AuthedRequest) -> HttpResponse:
    """The first step: the file."""
    channels = Channel.objects.visible_to(request.user).filter(is_active=True)
    form = UploadForm(request.POST or None, request.FILES or None, channels=channels)
    if request.method == "POST" and form.is_valid():
        file = cast("UploadedFile[bytes]", form.cleaned_data["file"])
        try:
            job = import_job.begin(
                data=_bytes_of(file), name=file.name or "", by=request.user,
                channel=form.cleaned_data["channel"], history=form.cleaned_data["history"] == "1",
            )  # fmt: skip
        except Unreadable as error:
            form.add_error("file", str(error))
        else:
            return redirect("inbox:import_job", job.id)
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "inbox/import.html", {"form": form}, status=status)


def _bytes_of(file: "UploadedFile[bytes]") -> bytes:
    """The upload, not read into memory when it is too large. Raises Unreadable."""
    if (file.size or 0) > csv_import.BYTES:
        raise Unreadable(_("Berkas ini lebih besar dari 20 MB. Bagi menjadi beberapa berkas."))
    data: bytes = file.read()
    return data


def _job(pk: UUID) -> Job:
    job = import_job.load(pk)
    if job is None:
        raise Http404
    return job


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
def job(request: AuthedRequest, pk: UUID) -> HttpResponse:
    """The second step: which column is what; afterwards how far it is."""
    found = _job(pk)
    if request.method == "POST":
        if found.state not in ("columns", "refused"):
            return redirect("inbox:import_job", pk)
        mapping = _mapping(request)
        if not ({"text", "link"} & set(mapping)):
            messages.error(request, _("Pilih kolom untuk isi pesan, atau untuk tautannya."))
            return redirect("inbox:import_job", pk)
        import_job.start(found, mapping=mapping, skip_bad="skip" in request.POST, by=request.user)
        nudge(str(pk))
        return redirect("inbox:import_job", pk)
    return render(request, "inbox/import_job.html", _context(found))


def _mapping(request: AuthedRequest) -> dict[str, int]:
    told = {name: str(request.POST.get(name, "")) for name in FIELDS}
    return {
        name: int(at)
        for name, at in told.items()
        if at.isascii() and at.isdigit() and int(at) < csv_import.COLUMNS
    }


def _context(found: Job) -> dict[str, Any]:
    context: dict[str, Any] = {"job": found, "channel": Channel.objects.get(pk=found.channel)}
    if found.state not in ("columns", "refused"):
        return context
    try:
        table = import_job.table_of(found)
        rows = [cells for (_line, cells), _n in zip(table.rows(), range(PREVIEW), strict=False)]
    except Unreadable as error:
        return context | {"problem": str(error)}
    fields = [(name, label, found.mapping.get(name)) for name, label in FIELDS.items()]
    return context | {"headers": list(enumerate(table.headers)), "rows": rows, "fields": fields}


@head_required
@require_safe
def progress(request: AuthedRequest, pk: UUID) -> HttpResponse:
    """How far it is, as a fragment; a worker that went silent is called again."""
    found = _job(pk)
    if found.quiet:
        nudge(str(pk))
    response = render(request, "inbox/import_job.html#progress", _context(found))
    if not found.running:
        response["HX-Refresh"] = "true"
    return response


@head_required
@require_POST
def drop(request: AuthedRequest, pk: UUID) -> HttpResponse:
    """Not this file after all."""
    found = _job(pk)
    if not found.running:
        import_job.forget(found)
    return redirect("inbox:import")


def nudge(job_id: str) -> None:
    """Call a worker; should the call be lost, the page calls again, and the sweep looks."""
    from inbox import tasks

    try:
        tasks.run_import.delay(job_id)
    except (OperationalError, OSError):  # Redis may be away (I9)
        log.exception("worker not nudged")
