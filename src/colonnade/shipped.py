"""Where are the files that come along with the program? Asked by whoever needs the example app."""

from __future__ import annotations

from pathlib import Path

from colonnade.errors import StateError

_PACKAGE = Path(__file__).resolve().parent


def guestbook() -> Path:
    """The example app's folder: beside the package in a wheel, under the checkout's root in a checkout.

    Raises StateError where the installation is damaged.
    """
    places = [folder / "examples" / "guestbook" for folder in (_PACKAGE, _PACKAGE.parent.parent)]
    for place in places:
        if place.is_dir():
            return place
    raise StateError(
        "the example app is not part of this installation",
        where=str(places[0]),
        hint="install Colonnade again, or name an app of your own with `source:`",
    )
