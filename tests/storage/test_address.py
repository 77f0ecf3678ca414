"""What is taken for a URL, and what of it may be shown."""

import pytest

from colorizer_cli.errors import StorageError, UsageError
from colorizer_cli.storage.address import is_url, masked, scheme_of, shown
from colorizer_cli.storage.opening import open_store


def test_urls_and_paths():
    assert all(map(is_url, ("s3://b/p", "gs://b", "HF://datasets/a/b", "memory://x")))
    assert not any(map(is_url, ("scans", "/a/b", "C:\\scans", "C:/scans", "a:b", "./s3:/x", "-", "")))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///scans", "by its path"),
        ("s3://key:secret@bucket/scans", "no place for a password"),
        ("simplecache::s3://bucket/scans", "one store's URL"),
        ("zip://*.jpg::s3://bucket/a.zip", "one store's URL"),
    ],
)
def test_what_is_refused(url: str, words: str):
    with pytest.raises(UsageError, match=words) as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


def test_secrets_are_masked():
    assert masked("sftp://ann:word@host/p") == "sftp://***@host/p"
    assert masked("https://h/p?sig=abc&v=1&X-Amz-Credential=k%2Fq") == "https://h/p?sig=***&v=1&X-Amz-Credential=***"
    assert masked("cannot open az://ann:word@c/p today") == "cannot open az://***@c/p today"
    assert shown("sftp://ann@host/p", "a b.jpg") == "sftp://***@host/p/a b.jpg"
    assert masked("abfs://scans@acct.dfs.core.windows.net/p") == "abfs://scans@acct.dfs.core.windows.net/p"
    assert masked("abfs://ann:word@acct/p") == "abfs://***@acct/p"
    assert scheme_of("S3://b") == "s3"


@pytest.mark.parametrize(("url", "words"), [("nosuch://b/p", "Protocol not known"), ("gs://b/p", "colorizer-cli[gcs]")])
def test_drivers_that_are_not_there(url: str, words: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "gcsfs", None)
    with pytest.raises(StorageError) as error:
        open_store(url)
    assert words in str(error.value)
