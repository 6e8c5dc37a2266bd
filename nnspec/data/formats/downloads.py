"""Files of published data sets: found on this machine or downloaded, and verified by their SHA-256.

They lie in the folder that NNSPEC_DATA names, else in the user's cache folder, each in a folder
that is called like its data set. What an interrupted download has got is kept beside them as
`NAME.part`, and the next one goes on from there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.backends.environment_variables import DATA, data_folder
from nnspec.data.cache import cache_folder
from nnspec.errors import DataError, visible

_CHUNK = 1 << 16  # bytes; what has come of one is lost where the connection is cut off
_TIMEOUT = 30  # seconds without an answer
_INSTALL_HINT = "install it with: pip install 'nnspec[download]'"


class PublishedFile(NamedTuple):
    """A file of a data set: where it is published, and the SHA-256 of its bytes."""

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """What it is called."""
        return self.url.rpartition("/")[2]


_FASHION_MNIST = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
_CIFAR = "https://www.cs.toronto.edu/~kriz"
# fmt: off
PUBLISHED: dict[str, tuple[PublishedFile, ...]] = {
    "fashion_mnist": (
        PublishedFile(f"{_FASHION_MNIST}/train-images-idx3-ubyte.gz",
                      "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        PublishedFile(f"{_FASHION_MNIST}/train-labels-idx1-ubyte.gz",
                      "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        PublishedFile(f"{_FASHION_MNIST}/t10k-images-idx3-ubyte.gz",
                      "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        PublishedFile(f"{_FASHION_MNIST}/t10k-labels-idx1-ubyte.gz",
                      "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ),
    "cifar10": (
        PublishedFile(f"{_CIFAR}/cifar-10-binary.tar.gz",
                      "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
    ),
    "cifar100": (
        PublishedFile(f"{_CIFAR}/cifar-100-binary.tar.gz",
                      "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
    ),
}
# fmt: on


def published_paths(dataset: str) -> list[Path]:
    """The paths of a data set's files, in the order of `PUBLISHED`; what is missing is downloaded.

    Raises DataError where a file cannot be downloaded, or is not the published one.
    """
    files = PUBLISHED[dataset]
    folder = (data_folder() or _cache_folder(files)) / dataset
    missing = [file for file in files if not (folder / file.name).is_file()]
    for file in files:
        if file not in missing:
            _verify(folder / file.name, file)
    if missing:
        _download_all(missing, folder)
    return [folder / file.name for file in files]


def _verify(path: Path, file: PublishedFile) -> None:
    """Raise DataError unless a file is the published one."""
    try:
        with path.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {visible(str(path))}: {error.strerror or error}") from None
    if found != file.sha256:
        message = f"{visible(str(path))} is not the published file: its SHA-256 is {found[:12]}..."
        raise DataError(
            f"{message}, not {file.sha256[:12]}...", f"delete it, or put {file.url} there"
        )


def _cache_folder(files: Sequence[PublishedFile]) -> Path:
    """The cache folder; a DataError where nothing can be downloaded into it."""
    _import_pooch(files)
    return cache_folder()


def _import_pooch(files: Sequence[PublishedFile]) -> Any:
    try:
        import pooch
    except ImportError:
        message = f"pooch, which downloads {_listed(files)}, is not installed"
        hint = f"{_INSTALL_HINT}, or name a folder that holds the data in {DATA}"
        raise DataError(message, hint) from None
    return pooch


def _listed(files: Sequence[PublishedFile]) -> str:
    return ", ".join(file.name for file in files)


def _download_all(files: Sequence[PublishedFile], folder: Path) -> None:
    """Download files into a folder; a DataError that names all of them where one fails."""
    pooch = _import_pooch(files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            checksum = f"sha256:{file.sha256}"
            pooch.retrieve(
                file.url, checksum, file.name, folder, downloader=_Download(folder, file)
            )
    except (OSError, ValueError) as error:  # those of requests are OSErrors
        start = files[0].url.rpartition("/")[0]
        message = f"cannot download {_listed(files)} from {start}: {_reason(error)}"
        raise DataError(message, _hint(files, folder)) from None


def _hint(files: Sequence[PublishedFile], folder: Path) -> str:
    """The command that downloads files elsewhere, and where they may be put."""
    command = " ".join(["curl", *(f"-O {file.url}" for file in files)])
    into = f"put {'it' if len(files) == 1 else 'them'} into {visible(str(folder))}"
    return f"{into}, or into {folder.name}/ in a folder that {DATA} names: {command}"


class _Download(NamedTuple):
    """A download that goes on where an interrupted one has stopped; called by pooch."""

    folder: Path
    file: PublishedFile

    def __call__(self, url: str, output_file: str, _: object) -> None:
        """Download the rest of the file, and move it to where pooch verifies it."""
        part = self.folder / f"{self.file.name}.part"
        with part.open("ab") as content, self._request(url, content.tell()) as response:
            if response.status_code != 206:  # the whole file comes
                content.truncate(0)
            for chunk in response.iter_content(_CHUNK):
                content.write(chunk)
        part.replace(output_file)

    def _request(self, url: str, start: int) -> Any:
        """The server's answer from a byte on, or the whole file where there is none from there."""
        import requests  # of pooch

        headers = {"Accept-Encoding": "identity"}  # the bytes as they are published
        if start:
            headers["Range"] = f"bytes={start}-"
        response = requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT)
        if response.status_code == 416:  # the part is as long as the file, or longer
            response.close()
            return self._request(url, 0)
        response.raise_for_status()
        return response


def _reason(error: Exception) -> str:
    """Why a download has failed, in a few words."""
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"no answer in {_TIMEOUT} seconds"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was cut off; the next try goes on from there"
    if isinstance(error, requests.RequestException):
        return "no connection"
    if isinstance(error, OSError):
        return visible(error.strerror or str(error))
    return "what came is not the published file: its SHA-256 is another"
