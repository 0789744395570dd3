"""An error as plain JSON, and back."""

from __future__ import annotations

import json

import pytest

from qwq_magic.errors import ConfigurationError, QwqError, RateLimited, error_from_dict


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("No key."),
        RateLimited(
            "Too fast. Wait.",
            status=429,
            code="Throttling",
            request_id="r-1",
            retryable=True,
            retry_after_s=2.5,
        ),
    ],
)
def test_an_error_comes_back_from_json_with_all_it_said(error: QwqError) -> None:
    back = error_from_dict(json.loads(json.dumps(error.to_dict())))

    assert (type(back), vars(back)) == (type(error), vars(error))
