from dataclasses import replace

from display.inertness import problems

from qwq_magic.display.saved.preview import preview_bundle
from qwq_magic.session.preview import Preview
from qwq_magic.turns import Message

HOSTILE = "<img src=x onerror=alert(1)> $x$ [a](javascript:1) \x1b[31m\n\n```\n</pre><script>1"


def _preview(*messages: Message) -> Preview:
    return Preview(
        server="vllm",
        url="http://127.0.0.1:8000/v1/chat/completions",
        model="m",
        messages=messages,
        fields={"model": "m", "max_tokens": 9},
        context="turn 1 of 1, ≈ 3 tokens",
        notices=("Mind <b>this</b>.",),
    )


def test_a_preview_says_where_to_how_much_and_what() -> None:
    plain = preview_bundle(_preview(Message("system", "Be\n  brief."), Message("user", "hi")))[
        "text/plain"
    ]

    assert plain.splitlines() == [
        "Dry run: nothing was sent. ≈ 4 tokens in 2 messages",
        "m · vllm · http://127.0.0.1:8000/v1/chat/completions",
        "Context: turn 1 of 1, ≈ 3 tokens",
        'Other request fields: {"model": "m", "max_tokens": 9}',
        "Mind <b>this</b>.",
        "",
        "── system · ≈ 3 tokens",
        "Be",
        "  brief.",
        "",
        "── user · ≈ 1 token",
        "hi",
    ]


def test_nothing_in_a_preview_is_live() -> None:
    bundle = preview_bundle(_preview(Message("user", HOSTILE), Message("assistant", "a", HOSTILE)))

    assert problems(bundle["text/markdown"]) == []
    assert "\x1b" not in bundle["text/plain"]


def test_a_preview_masks_keys_beside_the_messages() -> None:
    key = "f3a91c07b2e84d6590"
    preview = replace(
        _preview(Message("user", "hi")),
        url="http://127.0.0.1:1/v1/chat/completions?api_key=letters",
        fields={"api_key": f"sk-{key}", "extra_headers": {"Authorization": f"Bearer {key}"}},
    )

    bundle = preview_bundle(preview)

    assert bundle["text/plain"].splitlines()[1:4:2] == [
        "m · vllm · http://127.0.0.1:1/v1/chat/completions?api_key=***",
        "Other request fields: "
        '{"api_key": "***", "extra_headers": {"Authorization": "Bearer ***"}}',
    ]
    assert not any(secret in bundle["text/markdown"] for secret in (key, "letters"))
