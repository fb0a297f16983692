"""Runs a few waits side by side. (concurrent.futures would do, and takes 10 ms to import on every run.)"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
WIDTH = 8


def in_parallel(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """`function` of every item, in their order, at most `WIDTH` at a time. The first error is raised when
    all are done.
    """
    results: dict[int, Result] = {}
    errors: dict[int, BaseException] = {}
    todo = list(enumerate(items))[::-1]

    def work() -> None:
        while todo:
            try:
                index, item = todo.pop()
            except IndexError:  # another thread took the last one
                return
            try:
                results[index] = function(item)
            except BaseException as error:  # noqa: BLE001 - raised below, in the caller's thread
                errors[index] = error

    threads = [threading.Thread(target=work) for _ in range(min(WIDTH, len(items)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return [results[index] for index in range(len(items))]
