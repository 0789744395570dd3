"""The runner: one daemon-thread event loop that every stream of this process runs on.

A notebook's own loop is busy while a cell runs, so streams live elsewhere; the
thread that asks only takes events from a queue, and can be interrupted there.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any

_CLOSE_TIMEOUT_S = 2.0

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None
_closers: list[Callable[[], Coroutine[Any, Any, None]]] = []


def loop() -> asyncio.AbstractEventLoop:
    """The runner's loop, started on first use."""
    global _loop, _thread
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            _thread = threading.Thread(target=_run, args=(_loop,), name="qwq-magic", daemon=True)
            _thread.start()
        return _loop


def is_current() -> bool:
    """Is the caller on the runner's own thread, where waiting would be for ever?"""
    return threading.current_thread() is _thread


def at_close(closer: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Have `closer` awaited on the loop before it ends with the process."""
    if closer not in _closers:
        _closers.append(closer)


def _run(running: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(running)
    running.run_forever()


def _close() -> None:
    """End streams and connections in order, so that the interpreter ends without warnings."""
    if _loop is None or _thread is None or not _thread.is_alive():
        return
    ending = asyncio.run_coroutine_threadsafe(_end_all(), _loop)
    try:
        ending.result(_CLOSE_TIMEOUT_S)
    except concurrent.futures.TimeoutError:
        return  # The thread is a daemon: the process may end without it.
    _loop.call_soon_threadsafe(_loop.stop)
    _thread.join(_CLOSE_TIMEOUT_S)
    if not _thread.is_alive():
        _loop.close()


async def _end_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for closer in _closers:
        await closer()
    await asyncio.get_running_loop().shutdown_asyncgens()


def _forget() -> None:
    """In a forked child: the thread did not come along, so start anew when needed."""
    global _loop, _thread, _lock
    _loop = _thread = None
    _lock = threading.Lock()


atexit.register(_close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
