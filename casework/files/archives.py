"""Unpacking archives that strangers made: nothing outside the folder, no links, no bombs."""

import errno
import lzma
import shutil
import stat
import zipfile
import zlib
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from casework.core.errors import Invalid

FILES: Final = 50_000
CHUNK: Final = 1 << 20
#: What is wrong here and not with the archive: no room, no more open files, a disk that fails, no right to write.
_OURS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.EACCES, errno.EROFS})


def unpack(archive: Path, folder: Path, *, max_bytes: int) -> None:
    """Unpack a ZIP into the folder; refused as a whole when any name leads out, is a link, or all is too much."""
    try:
        with zipfile.ZipFile(archive) as packed:
            infos = packed.infolist()
            if len(infos) > FILES or sum(one.file_size for one in infos) > max_bytes:
                raise Invalid(_("不能收下：压缩包展开后太大，或者文件太多。"), code="archive_too_large")
            for one in infos:
                _check(one)
            left = max_bytes
            for one in infos:
                target = folder / one.filename
                if one.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with packed.open(one) as source, target.open("xb") as out:
                    while chunk := source.read(CHUNK):
                        left -= len(chunk)
                        if left < 0:  # the directory of the archive lied
                            raise Invalid(_("不能收下：压缩包展开后太大，或者文件太多。"), code="archive_too_large")
                        out.write(chunk)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
    ) as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in _OURS:
            raise
        raise Invalid(_("不能收下：不是完整的 ZIP 压缩包。"), code="archive_broken") from error


def _check(one: zipfile.ZipInfo) -> None:
    name = one.filename
    kind = stat.S_IFMT(one.external_attr >> 16)
    leads_out = name.startswith(("/", "~")) or "\\" in name or ":" in name.split("/")[0] or ".." in name.split("/")
    if leads_out or "\0" in name:
        raise Invalid(_("不能收下：压缩包里的路径指向外面：%(name)s。") % {"name": name[:100]}, code="archive_path")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Invalid(_("不能收下：压缩包里有链接或特殊文件：%(name)s。") % {"name": name[:100]}, code="archive_link")
