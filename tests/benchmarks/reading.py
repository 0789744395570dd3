"""The floors, as cells: what reading a reply costs with httpx alone."""

from __future__ import annotations

READ_RAW = """
import asyncio, httpx, threading
async def _read():
    async with httpx.AsyncClient() as client:
        async with client.stream("POST", {url!r} + "/chat/completions", content=b"{{}}") as reply:
            async for _ in reply.aiter_raw(): pass
_thread = threading.Thread(target=asyncio.run, args=(_read(),)); _thread.start(); _thread.join()
"""
READ_AND_PARSE = """
import asyncio, httpx, json, threading
async def _read():
    texts, rest = [], b""
    async with httpx.AsyncClient() as client:
        async with client.stream("POST", {url!r} + "/chat/completions", content=b"{{}}") as reply:
            async for data in reply.aiter_raw():
                *lines, rest = (rest + data).split(b"\\n\\n")
                for line in lines:
                    if line.startswith(b"data: {{"):
                        delta = json.loads(line[6:])["choices"][0]["delta"]
                        texts.append(delta.get("content") or delta.get("reasoning_content"))
_thread = threading.Thread(target=asyncio.run, args=(_read(),)); _thread.start(); _thread.join()
"""
