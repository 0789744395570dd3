"""Errors of `Session` in a cell of Python: the user's lines and the message, not a page."""

from __future__ import annotations

from kernel import Execution, Kernel

REFUSED = "session = Session('custom', 'm', base_url='http://127.0.0.1:9')"


def _shown(done: Execution) -> list[str]:
    [error] = done.of_type("error")
    traceback: list[str] = error["traceback"]
    return traceback


def test_an_error_is_the_line_of_the_cell_and_the_message(kernel: Kernel) -> None:
    kernel.run(f"from qwq_magic import Session\n{REFUSED}")

    assert _shown(kernel.run("x = 1\nturn = session.ask('hello')")) == [
        "Cell, line 2\n----> 2 turn = session.ask('hello')",
        "ConnectionFailed: 127.0.0.1:9 refuses connections. Is the server running there?",
    ]


def test_each_line_of_the_user_on_the_way_is_shown(kernel: Kernel) -> None:
    kernel.run("from qwq_magic import Session")
    shown = _shown(kernel.run("def asked():\n    return Session('nix').ask('a')\n\nasked()"))

    assert shown[:2] == [
        "Cell, line 4\n----> 4 asked()",
        "Cell, line 2\n----> 2 return Session('nix').ask('a')",
    ]
    assert shown[2].startswith("ConfigurationError: Unknown server 'nix'. Known: demo, ")
    assert len(shown) == 3


def test_a_line_with_a_key_is_not_shown(kernel: Kernel) -> None:
    kernel.run("from qwq_magic import Session")
    shown = _shown(kernel.run("Session('nix', api_key='sk-1234567890abcdef').ask('a')"))

    assert shown[0] == "Cell, line 1"
    assert "sk-1234567890abcdef" not in "".join(shown)


def test_an_error_in_the_users_own_code_keeps_its_traceback(kernel: Kernel) -> None:
    kernel.run("from qwq_magic import Session")
    shown = _shown(
        kernel.run(
            "class Broken:\n    def before(self, request):\n        return 1 / 0\n\n"
            "Session('demo', advisors=[Broken()]).ask('a')"
        )
    )

    assert any("ZeroDivisionError" in line for line in shown)
    assert any("return 1 / 0" in line for line in shown)
    assert shown[-1].startswith("AdvisorFailed: ")
