"""A variable about certificates works, or an error names it with its value."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest

from qwq_magic.client.certificates import certificates, context_for
from qwq_magic.errors import ConfigurationError


@pytest.fixture(autouse=True)
def own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)
    context_for.cache_clear()


def error_with(monkeypatch: pytest.MonkeyPatch, variable: str, value: object) -> str:
    monkeypatch.setenv(variable, str(value))
    with pytest.raises(ConfigurationError) as raised:
        certificates()
    # What failed is not kept: the corrected variable counts at once.
    monkeypatch.delenv(variable)
    assert certificates() is certificates()
    return str(raised.value)


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    message = error_with(monkeypatch, "SSL_CERT_FILE", tmp_path / "no.pem")

    assert f"SSL_CERT_FILE is set to '{tmp_path}/no.pem', which is not a file" in message
    assert "unset it" in message


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x00\xff" * 99, b"-----BEGIN CERTIFICATE-----"]
)
def test_a_file_without_a_certificate_is_named(
    content: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "odd.pem"
    file.write_bytes(content)

    message = error_with(monkeypatch, "SSL_CERT_FILE", file)

    assert f"SSL_CERT_FILE is set to '{file}', which has no certificate" in message


def test_a_folder_in_place_of_a_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "is not a file" in error_with(monkeypatch, "SSL_CERT_FILE", tmp_path)


def test_a_missing_folder_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    message = error_with(monkeypatch, "SSL_CERT_DIR", tmp_path / "no")

    assert f"SSL_CERT_DIR is set to '{tmp_path}/no', which is not a folder" in message


@pytest.mark.parametrize("name", ["no/such/folder/keys.log", "."])
def test_a_key_log_that_cannot_be_written_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    message = error_with(monkeypatch, "SSLKEYLOGFILE", tmp_path / name)

    assert f"SSLKEYLOGFILE is set to '{tmp_path / name}', which cannot be written" in message


def test_variables_with_good_values_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    from_file = certificates()
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    assert certificates() is not from_file
    assert from_file.cert_store_stats()["x509_ca"] > 0


def test_a_file_that_has_changed_is_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "certificates.pem"
    file.write_bytes(Path(certifi.where()).read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    before = certificates()

    file.write_bytes(Path(certifi.where()).read_bytes() + b"\n")

    assert certificates() is not before
