"""What the ml package refuses, in words that can be shown to the person who sent it."""


class ImageRejected(ValueError):
    """A picture that cannot be searched with. `code` is for programs; `detail` says what happened and what to do.

    Codes: empty, not_an_image, unsupported_format, truncated, too_many_bytes, too_many_pixels, too_small.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class BundleError(RuntimeError):
    """A model bundle is missing, damaged, or does not compute what its manifest says. Install or export it again."""
