"""Published data sets: reading idx files, finding and fetching them."""

import gzip
import hashlib
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from autocnn.data import DataOptions, open_data
from autocnn.data.sources import published as known
from autocnn.data.sources.download import Download, DownloadError
from autocnn.data.sources.idx import Published, read_idx
from autocnn.data.sources.published import EMNIST_FILES, FILES, PUBLISHED, locate
from autocnn.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (30, 5, 4), np.uint8)


def idx(array: np.ndarray) -> bytes:
    head = struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape)
    return head + array.tobytes()


def write_set(folder: Path, names: tuple[str, ...] = FILES, classes: int = 10) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    labels = (np.arange(30) % classes).astype(np.uint8)
    digests = {}
    for name, array in zip(names, (IMAGES, labels, IMAGES[:6], labels[:6]), strict=True):
        content = gzip.compress(idx(array), mtime=0)
        (folder / name).write_bytes(content)
        digests[name] = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return digests


def silent(_what: str, _share: float) -> None:
    pass


@pytest.mark.parametrize("place", ["", "raw", "mnist"])
def test_found_below_root(tmp_path, cache, place):
    write_set(tmp_path / place)
    dataset = open_data(DataOptions(source="mnist", root=str(tmp_path)), cache=cache)
    assert dataset.shape == (1, 5, 4)
    assert len(dataset.train) + len(dataset.validation) == 30
    assert dataset.test.labels.tolist() == [0, 1, 2, 3, 4, 5]


def test_uncompressed_files_give_the_same_data(tmp_path, cache):
    write_set(tmp_path)
    options = DataOptions(source="kmnist", root=str(tmp_path))
    packed = open_data(options, cache=cache)
    for name in FILES:
        (tmp_path / name.removesuffix(".gz")).write_bytes(
            gzip.decompress((tmp_path / name).read_bytes())
        )
        (tmp_path / name).unlink()
    assert open_data(options, cache=cache).fingerprint == packed.fingerprint


def test_emnist_is_turned_upright(tmp_path, cache):
    write_set(tmp_path, EMNIST_FILES, classes=15)
    options = DataOptions(source="emnist", root=str(tmp_path), allow_empty_classes=True)
    dataset = open_data(options, cache=cache)
    assert len(dataset.classes) == 47
    assert dataset.shape == (1, 4, 5)
    assert np.array_equal(dataset.test.images[0, ..., 0], IMAGES[0].T)


def test_absent_below_root(tmp_path, cache):
    with pytest.raises(DataError, match=r"train-images.* are not below data\.root"):
        open_data(DataOptions(source="fashion-mnist", root=str(tmp_path)), cache=cache)


FAULTS = {
    "not idx": (b"GIF89a" * 10, "not an idx file of 3 axes"),
    "empty": (b"", "not an idx file of 3 axes"),
    "labels": (idx(IMAGES[0, 0]), "not an idx file of 3 axes"),
    "short": (idx(IMAGES)[:-1], "expected 600 bytes after the header"),
    "long": (idx(IMAGES) + b"x", "expected 600 bytes after the header"),
    "huge": (struct.pack(">4I", 0x803, 2**31, 2**15, 2**15), "claims"),
}


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_files(tmp_path, fault, packed):
    content, text = FAULTS[fault]
    path = tmp_path / ("x.gz" if packed else "x")
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError, match=text):
        read_idx(path, axes=3)


def test_faulty_compression(tmp_path):
    path = tmp_path / "x.gz"
    packed = gzip.compress(idx(IMAGES))
    for content in (packed[:-20], b"no gzip", packed[:50] + b"\0" * 50 + packed[100:]):
        path.write_bytes(content)
        with pytest.raises(DataError) as caught:
            read_idx(path, axes=3)
        assert caught.value.problems[0].path == str(path)


def test_labels_that_do_not_fit(tmp_path, cache):
    write_set(tmp_path, classes=11)
    with pytest.raises(DataError, match="labels outside the 10 classes"):
        open_data(DataOptions(source="mnist", root=str(tmp_path)), cache=cache)
    (tmp_path / FILES[1]).write_bytes(gzip.compress(idx(np.zeros(29, np.uint8))))
    with pytest.raises(DataError, match="30 images but 29 labels"):
        open_data(DataOptions(source="mnist", root=str(tmp_path)), cache=cache)


def served(folder: Path, digests: dict[str, str], **options: object) -> Published:
    download = Download(folder.as_uri() + "/", digests, **options)
    return Published("toy", tuple("0123456789"), FILES, download, package="dataset-toy")


def test_fetched_once_with_progress(tmp_path):
    toy = served(tmp_path / "host", write_set(tmp_path / "host"))
    steps: list[tuple[str, float]] = []
    downloads = tmp_path / "downloads"
    source = locate(toy, None, downloads, lambda *step: steps.append(step))
    assert len(source.read(silent).groups["train"].items) == 30
    assert steps[-1][1] == 1.0
    assert steps[-1][0].endswith(f"host/{FILES[3]}")
    assert sorted(path.name for path in (downloads / "toy").iterdir()) == sorted(FILES)
    steps.clear()
    locate(toy, None, downloads, lambda *step: steps.append(step))
    assert steps == []


def test_fetched_from_an_archive(tmp_path):
    write_set(tmp_path / "files")
    archive = tmp_path / "gzip.zip"
    with zipfile.ZipFile(archive, "w") as package:
        for name in FILES:
            package.write(tmp_path / "files" / name, f"gzip/{name}")
    digest = hashlib.md5(archive.read_bytes()).hexdigest()
    members = tuple(f"gzip/{name}" for name in FILES)
    toy = served(tmp_path, {"gzip.zip": f"md5:{digest}"}, members=members)
    locate(toy, None, tmp_path / "downloads", silent)
    found = sorted(path.name for path in (tmp_path / "downloads" / "toy").iterdir())
    assert found == sorted(FILES)


def test_wrong_digest_leaves_nothing(tmp_path):
    digests = write_set(tmp_path / "host")
    (tmp_path / "host" / FILES[0]).write_bytes(b"changed")
    with pytest.raises(DownloadError, match="the sha256 is not the published one"):
        served(tmp_path / "host", digests).download.fetch(tmp_path / "downloads", silent)
    assert list((tmp_path / "downloads").iterdir()) == []


def test_unreachable_host_says_what_to_do(tmp_path):
    digests = dict.fromkeys(FILES, "sha256:0")
    with pytest.raises(DataError) as caught:
        locate(served(tmp_path / "nowhere", digests), None, tmp_path / "downloads", silent)
    text = str(caught.value)
    assert "toy: cannot be downloaded" in text
    assert "install them with `apt-get install dataset-toy`, or put train-images" in text
    assert "name it in data.root" in text


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_set_is_complete(name):
    published = known.PUBLISHED[name]
    wanted = published.download.members or published.files
    assert [Path(member).name for member in wanted] == list(published.files)
    for digest in published.download.digests.values():
        algorithm, value = digest.split(":")
        assert len(value) == 2 * hashlib.new(algorithm).digest_size
    assert len(set(published.classes)) == len(published.classes)
