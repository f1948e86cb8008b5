"""Which server is used: settings that cannot be understood stop the start, and a stranger is sent nothing."""

import hashlib
from pathlib import Path

import pytest
from pytest_django import Settings

from casework.env import BadSetting
from casework.files import storage
from casework.files.errors import StorageUntrusted
from casework.files.services.blobs import store_blob
from tests.build import moment
from tests.cast import Cast
from tests.files.certificates import authority, server_certificate
from tests.files.s3_server import ACCESS, BUCKET, REGION, SECRET, s3_server

AT = moment("2021-09-06 10:00")


def test_only_a_server_that_the_house_has_signed_is_sent_anything(
    settings: Settings, tmp_path: Path, cast: Cast
) -> None:
    house, other, own = tmp_path / "house.pem", tmp_path / "other.pem", tmp_path / "server.pem"
    server_certificate(own, authority(house))
    authority(other)
    with s3_server(own) as bucket:
        settings.CASEWORK_HOME = tmp_path
        settings.CASEWORK_STORAGE = f"s3://{BUCKET}"
        settings.CASEWORK_S3_ENDPOINT = bucket.endpoint
        settings.CASEWORK_S3_REGION = REGION
        settings.CASEWORK_S3_KEY = f"{ACCESS}:{SECRET}"
        settings.CASEWORK_S3_CA = str(house)
        storage._server.cache_clear()
        blob = store_blob([b"over TLS"], actor=cast.officer, at=AT)
        with storage.open_blob(blob.sha256) as stream:
            assert stream.read() == b"over TLS"
        path, sha256 = storage.incoming() / "one.part", hashlib.sha256(b"not for strangers").hexdigest()
        path.write_bytes(b"not for strangers")
        before = len(bucket.seen)

        for trusted, endpoint in (
            ("", bucket.endpoint),  # those of the machine do not know it
            (str(other), bucket.endpoint),
            (str(house), f"https://localhost:{bucket.port}"),  # signed, but for another name
        ):
            settings.CASEWORK_S3_CA, settings.CASEWORK_S3_ENDPOINT = trusted, endpoint
            with pytest.raises(StorageUntrusted, match=r"证书不是所信任的机构签发的.*CASEWORK_S3_CA"):
                storage.keep(path, sha256)

        assert path.read_bytes() == b"not for strangers"
        assert (len(bucket.seen), sha256 in {key.rpartition("/")[2] for key in bucket.objects}) == (before, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CASEWORK_STORAGE", "ftp://house"),
        ("CASEWORK_STORAGE", "s3:///folder"),
        ("CASEWORK_S3_ENDPOINT", ""),
        ("CASEWORK_S3_ENDPOINT", "minio:9000"),
        ("CASEWORK_S3_ENDPOINT", "https://minio/path"),
        ("CASEWORK_S3_KEY", ""),
        ("CASEWORK_S3_KEY", "half"),
        ("CASEWORK_S3_CA", "/nowhere/house.pem"),
        ("CASEWORK_S3_CA", __file__),  # holds no certificate
        ("CASEWORK_S3_LOCK", "COMPLIANCE"),
        ("CASEWORK_S3_LOCK", "FOREVER:1"),
        ("CASEWORK_S3_LOCK", "GOVERNANCE:0"),
    ],
)
def test_settings_that_cannot_be_understood_stop_the_start(settings: Settings, name: str, value: str) -> None:
    good = {
        "CASEWORK_STORAGE": "s3://evidence/2021/casework",
        "CASEWORK_S3_ENDPOINT": "https://minio:9000",
        "CASEWORK_S3_REGION": REGION,
        "CASEWORK_S3_KEY": "a:b",
        "CASEWORK_S3_LOCK": "GOVERNANCE:7",
    }
    for one, given in good.items():
        setattr(settings, one, given)
    storage.check()
    server = storage.server()
    assert server is not None
    assert (server.place.prefix, server.lock) == ("2021/casework/", ("GOVERNANCE", 7))

    setattr(settings, name, value)
    with pytest.raises(BadSetting, match=name):
        storage.check()
