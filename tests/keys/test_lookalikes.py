"""What looks like a key is told from what merely talks of keys."""

from __future__ import annotations

import pytest

from qwq_magic.keys.lookalikes import address_without_secrets, holds_lookalike, without_lookalikes

RANDOM = "f3a91c07b2e84d6590"


@pytest.mark.parametrize(
    "text",
    [
        f"sk-{RANDOM}",
        f"sk-or-v1-{RANDOM}",
        f"gsk_{RANDOM}",
        f"hf_{RANDOM}",
        f'os.environ["DEEPSEEK_API_KEY"] = "{RANDOM}"',
        f"Session(api_key='{RANDOM}')",
        f'{{"api_key": "{RANDOM}"}}',
        f'os.environ.setdefault("QWQ_API_KEY", "{RANDOM}")',
        f"%env QWQ_API_KEY={RANDOM}",
        f'{{"Authorization": "Bearer {RANDOM}"}}',
        f'{{"X-API-Key": "{RANDOM}"}}',
        f"%set_env QWQ_API_KEY {RANDOM}",
        f'%config QwqMagics.api_key = "{RANDOM}"',
    ],
)
def test_a_key_is_known_by_its_prefix_or_its_name(text: str) -> None:
    assert holds_lookalike(text)
    assert RANDOM not in without_lookalikes(text)


@pytest.mark.parametrize(
    "text",
    [
        "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-your-api-key-goes-here",
        "api_key = os.environ['DASHSCOPE_API_KEY']",
        "api_key = read_key_from_vault_2(name)",
        'Session(api_key="EMPTY")',
        "api_key = 'your-dashscope-api-key'",
        "%env DASHSCOPE_API_KEY",
        "task-0123456789abcdef0123",
        "Authorization: Bearer of good tidings_and_1_word",
        "from sklearn import datasets  # sk- is how keys begin",
        f"commit = '{RANDOM}'",
        "primary_key = 'f3a91c07b2e84d6590'",
    ],
)
def test_talk_of_keys_is_no_key(text: str) -> None:
    assert not holds_lookalike(text)
    assert without_lookalikes(text) == text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:passw0rd@host:80/v1", "http://***@host:80/v1"),
        ("http://user:p/a@s s@host/v1", "http://***@host/v1"),
        ("user:passw0rd@host/v1", "***@host/v1"),
        ("http://host/v1?v=1&api_key=word&n=2#a", "http://host/v1?v=1&api_key=***&n=2#a"),
        ("http://host/v1?max_tokens=5", "http://host/v1?max_tokens=5"),
        ("http://host/v1", "http://host/v1"),
        ("not a url", "not a url"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert address_without_secrets(url) == shown


def test_a_password_in_an_address_is_masked_in_the_middle_of_a_text() -> None:
    text = "POST http://user:passw0rd@host/v1 failed, mail me@host"

    assert without_lookalikes(text) == "POST http://***@host/v1 failed, mail me@host"
    assert not holds_lookalike(text)
