"""The form of merging two tickets."""

from django import forms


class MergeForm(forms.Form):
    """Into which ticket (`ke`, its number); the fences are those of the two tickets as they were shown."""

    ke = forms.CharField(max_length=40)
    fence = forms.IntegerField()
    fence_into = forms.IntegerField()
