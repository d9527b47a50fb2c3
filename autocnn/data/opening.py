"""From the options to a data set: find the source, look in the cache, else decode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.cache import Cache, default_cache, digest
from autocnn.data.dataset import Dataset
from autocnn.data.options import DataOptions
from autocnn.data.preprocessing import DECODER
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    from autocnn.data.items import Listing
    from autocnn.data.unlabelled import Unlabelled

Progress = Callable[[str, float], None]

FORMAT = 4
"""Raised whenever the same source and options would give other parts or another cache."""


def open_data(
    options: DataOptions,
    *,
    base: Path | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
    only: str | None = None,
) -> Dataset:
    """Map the data set from the cache, decoding it first where it is not there.

    Relative paths are meant from `base`, by default the working directory. `progress` is called
    with what is being done and the share of it in [0, 1]. Raises DataError with every problem, and
    for another fingerprint than the `only` one, before anything is decoded.
    """
    from autocnn.data.sources.find import find_source
    from autocnn.data.unlabelled import Unlabelled

    store = Cache(cache or default_cache())
    report = progress or _silent
    try:
        source = find_source(options, base or Path.cwd(), store.downloads, report)
        bare = Unlabelled.of(options, base or Path.cwd())
        stamps = [source.stamp(), *([bare.stamp] if bare else [])]
        stamp = digest([source.title, *stamps, FORMAT, DECODER, options.meaning()])
        known = store.known(stamp, source.title)
        if known is not None:
            _refuse_other(known.fingerprint, only, source.title)
            return known
        dataset = _decode(source.read(report), source.title, options, store, report, bare, only)
        store.remember(stamp, dataset.fingerprint)
    except OSError as error:
        raise _unreadable(error) from error
    return dataset


def from_arrays(
    x: Any,
    y: Any,
    *,
    x_validation: Any = None,
    y_validation: Any = None,
    x_test: Any = None,
    y_test: Any = None,
    groups: Any = None,
    options: DataOptions | None = None,
    cache: Path | None = None,
) -> Dataset:
    """A data set of arrays: images `(N, H, W)` or `(N, H, W, C)`, one label of any kind each.

    With the `task` of the options labels are 0 and 1, `(N, labels)`, or numbers, `(N,)` or
    `(N, values)`.

    Images are uint8, uint16 with one channel, or floating-point in [0, 1]. The options say how
    parts that are not given are split off; by default no test part is. `groups` has one value for
    each image of `x`: images of equal value are never split between parts. Raises DataError.
    """
    from autocnn.data.sources.arrays import list_arrays
    from autocnn.data.unlabelled import Unlabelled

    options = options or DataOptions(test=0.0)
    listing = list_arrays(
        {
            "train" if x_test is not None else "all": (x, y),
            "validation": (x_validation, y_validation),
            "test": (x_test, y_test),
        },
        options.task,
        groups,
    )
    store = Cache(cache or default_cache())
    try:
        bare = Unlabelled.of(options, Path.cwd())
        return _decode(listing, "arrays", options, store, _silent, bare)
    except OSError as error:
        raise _unreadable(error) from error


def _decode(
    listing: Listing,
    title: str,
    options: DataOptions,
    store: Cache,
    progress: Progress,
    bare: Unlabelled | None,
    only: str | None = None,
) -> Dataset:
    from autocnn.data.build import build
    from autocnn.data.decode import quiet_pillow
    from autocnn.data.scan import choose_preprocessing, scan

    if faults := listing.faults(title):
        raise DataError(*faults)
    with quiet_pillow():
        facts = scan(listing, progress)
        preprocessing = choose_preprocessing(facts, options)
        images = facts.digests | (scan(bare.listing, progress).digests if bare else {})
        fingerprint = digest(
            {
                "format": FORMAT,
                "classes": list(listing.classes),
                "images": images,
                "preprocessing": preprocessing.to_json(),
                "options": options.meaning(),
            }
        )
        _refuse_other(fingerprint, only, title)
        found = store.find(fingerprint, title)
        if found is not None:
            return found
        with store.creating(fingerprint) as folder:
            document = {
                "fingerprint": fingerprint,
                "notes": [*listing.notes, *facts.notes(preprocessing)],
            }
            build(
                listing, options, preprocessing, folder,
                document=document, progress=progress, bare=bare,
            )  # fmt: skip
    made = store.find(fingerprint, title)
    if made is None:
        raise DataError(Problem("D24", "the cache lost what was decoded", str(store.root)))
    return made


def _refuse_other(found: str, only: str | None, title: str) -> None:
    """Raise DataError where the data have another fingerprint than the only one wanted."""
    if only not in (None, found):
        raise DataError(Problem("D34", "these are other data", title))


def _unreadable(error: OSError) -> DataError:
    return DataError(
        Problem("D24", error.strerror or type(error).__name__, str(error.filename or ""))
    )


def _silent(_what: str, _share: float) -> None:
    """No one watches."""
