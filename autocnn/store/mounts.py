"""Which file system a path lies on, and whether it reaches over a network."""

from __future__ import annotations

import re
from pathlib import Path

NETWORK = re.compile(
    r"nfs4?|cifs|smb3|smbfs|ncpfs|afs|ceph|glusterfs|lustre|gpfs|beegfs|orangefs|pvfs2|davfs|"
    r"fuse\.(sshfs|s3fs|rclone|davfs|glusterfs|ceph|gcsfuse|smbnetfs|curlftpfs|juicefs|goofys)"
)
"""Types whose locks SQLite cannot trust. `statfs` calls every FUSE mount the same, so the type is
read from the mount table, which names `fuse.sshfs`."""


def network_file_system(path: Path) -> str | None:
    """The network file system that an existing path lies on, such as `nfs4`, or None."""
    try:
        table = Path("/proc/self/mountinfo").read_text(errors="surrogateescape")
    except OSError:
        return None
    kind = file_system(path.resolve(), table)
    return kind if NETWORK.fullmatch(kind) else None


def file_system(path: Path, table: str) -> str:
    """The type of the mount that holds an absolute path, from the text of `mountinfo`.

    Of several mounts on one folder the last one counts.
    """
    found, kind = -1, ""
    for line in table.splitlines():
        mount, _, source = line.partition(" - ")
        fields = mount.split()
        if len(fields) < 5 or not source:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= found:
            found, kind = len(point.parts), source.split()[0]
    return kind
