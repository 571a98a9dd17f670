"""What can be wrong with a search or with the index. Each docstring is the message; doors turn `status` and `code` into
a problem."""


class SearchError(Exception):
    """The search could not be carried out."""

    status = 400
    code = "bad-request"

    def __init__(self, detail: str | None = None):
        self.detail = detail or (self.__doc__ or "").strip()
        super().__init__(self.detail)


class EmptyQuery(SearchError):
    """Nothing to search for. Send an image, a photo token, an image_url, a product_id or text."""

    code = "empty-query"


class PhotoExpired(SearchError):
    """This photo is no longer kept. Upload it again."""

    status = 410
    code = "photo-expired"


class BoxOutside(SearchError):
    """The box lies outside of the photo, or has no area. Boxes are x1,y1,x2,y2 in pixels of the upright photo."""

    status = 422
    code = "box-outside"


class UnknownProduct(SearchError):
    """There is no such product."""

    status = 404
    code = "unknown-product"


class BadCursor(SearchError):
    """This cursor was not made by this server, or its query is no longer kept."""

    code = "bad-cursor"


class BadImage(SearchError):
    """The image cannot be used."""

    status = 422
    code = "bad-image"

    def __init__(self, detail: str | None = None, code: str | None = None):
        super().__init__(detail)
        self.code = code or self.code


class BadQuery(SearchError):
    """The query contradicts itself."""

    status = 422
    code = "bad-query"


class UnknownQuery(SearchError):
    """There is no such query, or it is no longer kept."""

    status = 404
    code = "unknown-query"


class TextTooLong(SearchError):
    """The text is longer than 500 characters."""

    status = 422
    code = "text-too-long"


class Unavailable(SearchError):
    """Search is starting or its database cannot be reached. Try again in a moment."""

    status = 503
    code = "unavailable"
    retry_after_s = 2


class Overloaded(SearchError):
    """More searches are under way than this server can carry. Try again in a few seconds."""

    status = 503
    code = "overloaded"
    retry_after_s = 3


class IndexRefused(SearchError):
    """This cannot be done with the index as it stands."""

    status = 409
    code = "index-refused"


class UnknownGeneration(IndexRefused):
    """There is no such generation. `manage.py index status` lists them."""

    status = 404
    code = "unknown-generation"


class UnknownBundle(IndexRefused):
    """There is no such bundle. `manage.py bundle list` lists them."""

    status = 404
    code = "unknown-bundle"


class UnknownGoldenSet(IndexRefused):
    """There is no such golden set. `manage.py golden list` names them."""

    status = 404
    code = "unknown-golden-set"


class NotReady(IndexRefused):
    """Only what is ready can be promoted."""

    code = "not-ready"


class FailedVerification(IndexRefused):
    """This generation failed its verification, and is never promoted. Build another one."""

    code = "failed-verification"


class ChangedMeanwhile(IndexRefused):
    """Another process changed what is live meanwhile. Look at the status, and decide again."""

    code = "changed-meanwhile"


class NothingToGoBackTo(IndexRefused):
    """There is nothing to go back to: no retired one has its files here and complete."""

    code = "nothing-to-go-back-to"


class StillNeeded(IndexRefused):
    """It is live, or kept for going back to it."""

    code = "still-needed"


class RowsWouldBeLost(IndexRefused):
    """It is older than what was taken out of the hot tier: rows would be in no tier. Build another one."""

    code = "rows-would-be-lost"


class AlreadyBuilding(IndexRefused):
    """Another process is building a generation of this bundle. Wait for it, or look at `manage.py index status`."""

    code = "already-building"


class NothingToBuild(IndexRefused):
    """This bundle has no vectors yet, so there is nothing to build."""

    code = "nothing-to-build"


class NotEnoughDisk(IndexRefused):
    """There is not enough room on the disk of the index for another generation."""

    code = "not-enough-disk"


class BuildFailed(IndexRefused):
    """The generation could not be built. What was wrong is kept with it; its files are gone."""

    code = "build-failed"


class BrokenPicture(SearchError):
    """The stored file of a catalog picture is broken. Import the feed again, and it is fetched and stored anew."""

    status = 500
    code = "broken-picture"
