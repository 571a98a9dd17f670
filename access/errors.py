"""Why a program is not served. Each docstring is the message; doors turn `status` and `code` into a problem."""


class AccessError(Exception):
    """This is not allowed."""

    status = 403
    code = "forbidden"

    def __init__(self, detail: str | None = None):
        self.detail = detail or (self.__doc__ or "").strip()
        super().__init__(self.detail)


class MissingScope(AccessError):
    """This token was not made for this."""

    code = "missing-scope"


class BadKey(AccessError):
    """An Idempotency-Key has 1 to 255 visible ASCII characters."""

    status = 400
    code = "bad-idempotency-key"


class KeyReused(AccessError):
    """This Idempotency-Key came before with another request. Use a new key for each new request."""

    status = 422
    code = "idempotency-key-reused"


class KeyInUse(AccessError):
    """A request with this Idempotency-Key is being worked on. Ask again in a moment, with the same key."""

    status = 409
    code = "idempotency-key-in-use"
    retry_after_s = 1
