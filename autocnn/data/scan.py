"""Look at all images before decoding: their sizes and modes decide what they become."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass

import numpy as np

from autocnn.data.items import BadImage, Group, Header, Listing
from autocnn.data.options import LARGEST_SIDE, DataOptions
from autocnn.data.preprocessing import Preprocessing
from autocnn.data.sources.source import Progress
from autocnn.data.threads import for_each
from autocnn.errors import DataError, Problem

LARGEST_DEFAULT = 96
ROUNDED_TO = 16
MOSTLY_GRAY = 0.99
STEP = 256
"""Images between two reports of progress."""


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known before decoding: the readable images' headers and each group's digest."""

    headers: Counter[Header]
    digests: dict[str, str]

    def notes(self, preprocessing: Preprocessing) -> list[str]:
        """What the user should know of the images and of what becomes of them."""
        remarks: Counter[str] = Counter()
        for header, count in self.headers.items():
            remarks.update(dict.fromkeys(header.remarks, count))
        notes = [f"{count} images: {remark}" for remark, count in sorted(remarks.items())]
        gray = sum(count for header, count in self.headers.items() if header.gray)
        colour = self.headers.total() - gray
        if gray and colour:
            became = "gray" if preprocessing.channels == 1 else "colour"
            notes.append(f"{gray} gray and {colour} colour images, all taken as {became}")
        sizes = sorted({(header.height, header.width) for header in self.headers})
        height, width = preprocessing.height, preprocessing.width
        if sizes != [(height, width)]:
            small, large = (f"{h}x{w}" for h, w in (sizes[0], sizes[-1]))
            found = small if len(sizes) == 1 else f"{small} to {large}"
            notes.append(
                f"images of {found} are brought to {height}x{width} by fit {preprocessing.fit}; "
                "data.size sets another size"
            )
        return notes


def scan(listing: Listing, progress: Progress) -> Facts:
    """Read every image's header and digest its name, content and class.

    Bad images are left to the decoder to report. Raises DataError if no image can be read.
    """
    headers: Counter[Header] = Counter()
    bad: list[Problem] = []
    digests = {
        name: _scan_group(group, headers, bad, progress) for name, group in listing.groups.items()
    }
    if not headers:
        raise DataError(Problem("D01", "no image can be read"), *bad)
    return Facts(headers, digests)


def _scan_group(
    group: Group, headers: Counter[Header], bad: list[Problem], progress: Progress
) -> str:
    items, count = group.items, len(group.items)
    labels = np.ascontiguousarray(group.labels, group.labels.dtype.newbyteorder("<"))
    whole = hashlib.sha256(labels.tobytes())
    if group.keys is not None:
        whole.update("\0".join(group.keys).encode("utf-8", "surrogateescape"))
    common = items.common()
    if common is not None:
        headers[common[0]] += count
        whole.update(common[1].encode())
        return whole.hexdigest()

    for row, found in enumerate(for_each(items.inspect, count)):
        name = items.name(row)
        if isinstance(found, BadImage):
            bad.append(Problem(found.rule, str(found), name))
            whole.update(f"{name}\0bad\0".encode())
        else:
            headers[found[0]] += 1
            whole.update(f"{name}\0{found[1]}\0".encode())
        if row % STEP == 0:
            progress("reading image headers", row / count)
    return whole.hexdigest()


def choose_preprocessing(facts: Facts, options: DataOptions) -> Preprocessing:
    """Fill in what the options leave to the images.

    Size: the common one of all up to a short side of 96, else the median short side rounded to
    16 and at most 96, square.
    Channels: 1 if at least 99 % of the images are gray, else 3.
    """
    headers = facts.headers
    if options.size is None:
        height, width = _default_size(headers)
    elif isinstance(options.size, tuple):
        height, width = options.size
    else:
        height = width = options.size
    gray = sum(count for header, count in headers.items() if header.gray)
    mostly_gray = gray >= MOSTLY_GRAY * headers.total()
    return Preprocessing(
        height=height,
        width=width,
        channels=options.channels or (1 if mostly_gray else 3),
        fit=options.fit,
        background=options.background,
        max_value=options.max_value,
    )


def _default_size(headers: Counter[Header]) -> tuple[int, int]:
    sizes = {(header.height, header.width) for header in headers}
    if len(sizes) == 1:
        height, width = sizes.pop()
        if min(height, width) <= LARGEST_DEFAULT and max(height, width) <= LARGEST_SIDE:
            return height, width
    sides = sorted(min(h.height, h.width) for h in headers.elements())
    median = sides[len(sides) // 2]
    side = min(max(round(median / ROUNDED_TO), 1) * ROUNDED_TO, LARGEST_DEFAULT)
    return side, side
