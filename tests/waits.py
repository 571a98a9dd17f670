"""How long somebody was ready to wait, which a busy machine does not change as it does how long they waited."""

from concurrent.futures import Future


def waits_for_futures(monkeypatch) -> list[float | None]:
    """Gets the timeout, in seconds, of whatever waits for a future from now on."""
    waits, result = [], Future.result

    def note(future: Future, timeout: float | None = None):
        waits.append(timeout)
        return result(future, timeout)

    monkeypatch.setattr(Future, "result", note)
    return waits
