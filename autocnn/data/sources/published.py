"""The published data sets that are known by name, and how to get them."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path

from autocnn.data.sources.download import Download, DownloadError
from autocnn.data.sources.idx import Idx, Published, find_files
from autocnn.data.sources.source import Progress
from autocnn.errors import DataError, Problem

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
EMNIST = "emnist-balanced-"
EMNIST_FILES = (
    f"{EMNIST}train-images-idx3-ubyte.gz",
    f"{EMNIST}train-labels-idx1-ubyte.gz",
    f"{EMNIST}test-images-idx3-ubyte.gz",
    f"{EMNIST}test-labels-idx1-ubyte.gz",
)


def _digests(*sha256: str) -> dict[str, str]:
    return {name: f"sha256:{digest}" for name, digest in zip(FILES, sha256, strict=True)}


PUBLISHED: Mapping[str, Published] = {
    published.name: published
    for published in (
        Published(
            "mnist",
            tuple("0123456789"),
            FILES,
            Download(
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                _digests(
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                ),
            ),
        ),
        Published(
            "fashion-mnist",
            (
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            FILES,
            Download(
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                _digests(
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                ),
            ),
            places=("/usr/share/datasets/fashion-mnist",),
            package="dataset-fashion-mnist",
        ),
        Published(
            "kmnist",
            ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
            FILES,
            Download(
                "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
                _digests(
                    "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                    "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                    "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                    "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
                ),
            ),
        ),
        Published(
            "emnist",
            tuple(string.digits + string.ascii_uppercase + "abdefghnqrt"),
            EMNIST_FILES,
            Download(
                "https://biometrics.nist.gov/cs_links/EMNIST/",
                {"gzip.zip": "md5:58c8d27c78d21e728a6bc7b3cc06412e"},
                members=tuple(f"gzip/{name}" for name in EMNIST_FILES),
            ),
            transposed=True,
        ),
    )
}


def locate(published: Published, root: Path | None, downloads: Path, progress: Progress) -> Idx:
    """Find the files below `root`, where packages put them or among the downloads; else fetch.

    Raises DataError, which says how to get them, where none of these works.
    """
    if root is not None:
        places = [root, root / published.name]
    else:
        places = [Path(place) for place in published.places] + [downloads / published.name]
    for place in places:
        if found := find_files(place, published.files):
            return Idx(published, found)  # type: ignore[arg-type]
    if root is not None:
        raise DataError(
            Problem("D01", f"{', '.join(published.files)} are not below data.root", str(root))
        )
    try:
        published.download.fetch(places[-1], progress)
    except DownloadError as error:
        package = f"install them with `apt-get install {published.package}`, or "
        raise DataError(
            Problem(
                "D01",
                f"cannot be downloaded: {error}; {package if published.package else ''}"
                f"put {', '.join(published.files)} into a folder and name it in data.root",
                published.name,
            )
        ) from error
    found = find_files(places[-1], published.files)
    assert found is not None
    return Idx(published, found)  # type: ignore[arg-type]
