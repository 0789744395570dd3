"""A kernel with the extension loaded, for all tests of a module."""

import pytest
from kernel import Kernel


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as kernel:
        loaded = kernel.run("%load_ext qwq_magic")
        assert loaded.of_type("stream", "display_data", "error") == []
        kernel.run("x = 1")
        yield kernel


@pytest.fixture
def ask_at(kernel):
    """Point the kernel at a server for one test."""

    def point(server):
        kernel.run(
            f"%config QwqMagics.base_url = {server.url!r}\n%config QwqMagics.model = 'qwq-32b'"
        )

    yield point
    kernel.run("%config QwqMagics.base_url = ''\n%config QwqMagics.model = ''")
