#!/usr/bin/env python3
"""核验取证包 / Check an evidence bundle.

    python verify.py [BUNDLE]

Standard library only; no network, no database. Without BUNDLE, the folder this file lies in.
Exit status: 0 intact, 1 altered (says what and where), 2 not a bundle.

What is checked:
- the bag (RFC 8493): every file named by a manifest is there, unchanged, and nothing lies beside them;
- every ledger entry: its bytes have the hash by which later entries name it, numbers run without a gap;
- every disclosed value: it is the one that the entry committed to (salted SHA-256, as in RFC 9901);
- every evidence file: its SHA-256 and SM3 are those that the ledger recorded when it was taken in.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

CHUNK = 1 << 20
_MANIFEST = re.compile(r"^(tag)?manifest-([a-z0-9]+)\.txt$")
_LINE = re.compile(r"^([0-9a-fA-F]+)[ \t]+\*?(.+)$")


def say(text: object) -> None:
    """Write one line for the reader, whatever encoding the terminal has."""
    sys.stdout.buffer.write(f"{text}\n".encode())


class NotABundleError(Exception):
    """The folder is no bag at all."""


def digests(path: Path, names: set[str]) -> dict[str, str]:
    """Return the digests of a file, read once."""
    running = {name: hashlib.new(name) for name in names}
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            for one in running.values():
                one.update(chunk)
    return {name: one.hexdigest() for name, one in running.items()}


def known(name: str) -> bool:
    """Tell whether this Python can compute the digest; SM3 needs an OpenSSL that has it."""
    try:
        hashlib.new(name)
    except ValueError:
        return False
    return True


def manifest(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (file name, digest) of a manifest."""
    for line in path.read_text(encoding="utf-8").splitlines():
        found = _LINE.match(line)
        if found:
            name = re.sub(r"%0[aAdD]|%25", lambda code: unquote(code[0]), found[2])
            yield name, found[1].lower()


def inside(root: Path, name: str) -> Path | None:
    """Return the path of a named file, or None when the name leads out of the bag or through a link."""
    if name.startswith(("/", "~")) or "\\" in name or ".." in name.split("/") or re.match(r"^[A-Za-z]:", name):
        return None
    path = root
    for part in name.split("/"):
        path = path / part
        if path.is_symlink():
            return None
    return path


def check_bag(root: Path) -> tuple[list[str], dict[str, str]]:
    """Return what is wrong with the bag, and the SHA-256 of its payload."""
    declaration = root / "bagit.txt"
    if not declaration.is_file() or not declaration.read_text(encoding="utf-8").startswith("BagIt-Version:"):
        raise NotABundleError(f"{root}: 没有 bagit.txt / no bagit.txt")
    problems: list[str] = []
    wanted: dict[str, dict[str, str]] = {}
    payload_lists: dict[str, set[str]] = {}
    for path in sorted(root.iterdir()):
        found = _MANIFEST.match(path.name)
        if not found or not path.is_file():
            continue
        if not known(found[2]):
            say(f"未核 / not checked: {path.name}，这台机器的 Python 没有 {found[2]}")
            continue
        names = set()
        for name, digest in manifest(path):
            names.add(name)
            wanted.setdefault(name, {})[found[2]] = digest
        if not found[1]:
            payload_lists[found[2]] = names
    if not payload_lists:
        raise NotABundleError(f"{root}: 没有清单 manifest-*.txt / no payload manifest")
    for name, listed in sorted(wanted.items()):
        target = inside(root, name)
        if target is None:
            problems.append(f"{name}: 清单中的路径指向包外或经过链接 / leads out of the bag")
        elif not target.is_file():
            problems.append(f"{name}: 缺失 / missing")
        else:
            for algorithm, digest in digests(target, set(listed)).items():
                if digest != listed[algorithm]:
                    problems.append(f"{name}: {algorithm} 不符 / differs: {digest}，应为 {listed[algorithm]}")
    problems += _unlisted(root, payload_lists)
    problems += _oxum(root)
    return problems, {name: listed["sha256"] for name, listed in wanted.items() if "sha256" in listed}


def _unlisted(root: Path, payload_lists: dict[str, set[str]]) -> list[str]:
    problems = []
    payload = set()
    data = root / "data"
    for path in data.rglob("*") if data.is_dir() else ():
        if path.is_symlink():
            problems.append(f"{path.relative_to(root).as_posix()}: 符号链接 / symbolic link")
        elif path.is_file():
            payload.add(path.relative_to(root).as_posix())
    for algorithm, names in payload_lists.items():
        problems += [f"{name}: 不在 {algorithm} 清单里 / not in the manifest" for name in sorted(payload - names)]
    return problems


def _oxum(root: Path) -> list[str]:
    info = root / "bag-info.txt"
    found = (
        re.search(r"^Payload-Oxum:\s*(\d+)\.(\d+)\s*$", info.read_text(encoding="utf-8"), re.MULTILINE)
        if info.is_file()
        else None
    )
    if found is None:
        return []
    files = [path for path in (root / "data").rglob("*") if path.is_file()]
    size, number = sum(path.stat().st_size for path in files), len(files)
    if (size, number) == (int(found[1]), int(found[2])):
        return []
    return [f"bag-info.txt: Payload-Oxum 不符 / differs: {size}.{number}，应为 {found[1]}.{found[2]}"]


def canonical(value: object) -> bytes:
    """Return the one form of a value of strings and whole numbers (RFC 8785)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def check_ledger(root: Path) -> tuple[list[str], list[dict[str, object]]]:
    """Return what is wrong with the entries, and their contents in the order of their numbers."""
    folder = root / "ledger" / "entries"
    problems: list[str] = []
    streams: dict[str, list[tuple[int, str, str, str]]] = {}
    bodies: list[dict[str, object]] = []
    for path in sorted(folder.glob("*.json"), key=lambda one: int(one.stem)) if folder.is_dir() else ():
        raw = path.read_bytes()
        leaf = hashlib.sha256(b"\x00" + raw).hexdigest()
        try:
            body = json.loads(raw)
            streams.setdefault(body["stream"], []).append((int(body["seq"]), leaf, body["prev"], path.name))
        except (ValueError, KeyError, TypeError) as error:
            problems.append(f"ledger/entries/{path.name}: 不是账本条目 / not an entry: {error}")
            continue
        bodies.append({"_entry": path.stem, **body})
        problems += _check_disclosure(root, path.stem, body)
    heads = _heads(root)
    for stream, rows in sorted(streams.items()):
        before, expected = "", 1
        for seq, leaf, prev, name in sorted(rows):
            if seq != expected:
                problems.append(f"{stream}: 缺第 {expected} 条 / entry {expected} is missing (before {name})")
            elif prev != before:
                problems.append(f"ledger/entries/{name}: 与上一条不相接 / does not follow its predecessor")
            before, expected = leaf, seq + 1
        if stream in heads and heads[stream] != (expected - 1, before):
            problems.append(f"{stream}: 末条不符 / the last entry differs from ledger/heads.json")
    for stream in sorted(set(heads) - set(streams)):
        problems.append(f"{stream}: 账本条目缺失 / its entries are missing")
    return problems, bodies


def _heads(root: Path) -> dict[str, tuple[int, str]]:
    path = root / "ledger" / "heads.json"
    if not path.is_file():
        return {}
    return {row["stream"]: (row["seq"], row["leaf"]) for row in json.loads(path.read_text(encoding="utf-8"))}


def _check_disclosure(root: Path, number: str, body: dict[str, object]) -> list[str]:
    path = root / "ledger" / "disclosures" / f"{number}.json"
    committed = body.get("_sd")
    if not path.is_file() or not isinstance(committed, dict):
        return []
    problems = []
    for row in json.loads(path.read_text(encoding="utf-8")):
        shown = {"salt": row["salt"], "name": row["name"], "value": row["value"]}
        if hashlib.sha256(canonical(shown)).hexdigest() != committed.get(row["name"]):
            problems.append(f"ledger/disclosures/{number}.json: “{row['name']}”不是当时登记的内容 / was changed")
    return problems


def check_files(root: Path, payload: dict[str, str], bodies: list[dict[str, object]]) -> list[str]:
    """Return which evidence files are not those that the ledger recorded."""
    path = root / "metadata" / "files.json"
    if not path.is_file():
        return []
    recorded = {}
    for body in bodies:
        data = body.get("data")
        if body.get("kind") == "item.file_added" and isinstance(data, dict):
            recorded[(str(data["number"]), data["file"])] = data
    problems = []
    for row in json.loads(path.read_text(encoding="utf-8")):
        entry = recorded.get((row["item"], row["file"]))
        name = row["path"]
        if entry is None:
            problems.append(f"{name}: 账本没有登记 / the ledger does not know it")
        elif not (root / name).is_file():
            continue  # the bag has already said that it is missing
        elif payload.get(name) != entry["sha256"]:
            problems.append(f"{name}: 不是账本登记的文件 / not the file that was recorded")
        elif known("sm3") and digests(root / name, {"sm3"})["sm3"] != entry["sm3"]:
            problems.append(f"{name}: SM3 与账本不符 / SM3 differs from the ledger")
    return problems


def main(arguments: list[str]) -> int:
    """Check the bundle named on the command line."""
    if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
        say(__doc__)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    try:
        problems, payload = check_bag(root)
        more, bodies = check_ledger(root)
        problems += more + check_files(root, payload, bodies)
    except NotABundleError as error:
        say(f"不是取证包 / not a bundle: {error}")
        return 2
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        say(f"已改动 / ALTERED: 读不懂 / unreadable: {error}")
        return 1
    for problem in problems:
        say(f"已改动 / ALTERED: {problem}")
    if problems:
        return 1
    say(f"完好 / INTACT: {len(payload)} 个文件，账本条目 {len(bodies)} 条，逐条相接 / files and entries as recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
