"""What can be wrong in the catalog. Each docstring is the message; doors turn `status` and `code` into a problem."""


class CatalogError(Exception):
    """The catalog could not do this."""

    status = 400
    code = "bad-request"

    def __init__(self, detail: str | None = None):
        self.detail = detail or (self.__doc__ or "").strip()
        super().__init__(self.detail)


class UnknownProduct(CatalogError):
    """There is no product with this SKU. Create it first, or import a feed that holds it."""

    status = 404
    code = "unknown-product"


class SkuTaken(CatalogError):
    """There is already a product with this SKU. Patch that one."""

    status = 409
    code = "sku-taken"


class UnknownOffer(CatalogError):
    """There is no such offer."""

    status = 404
    code = "unknown-offer"


class OfferTaken(CatalogError):
    """This seller offers this product already. Patch that offer."""

    status = 409
    code = "offer-taken"


class UnknownImage(CatalogError):
    """There is no such picture."""

    status = 404
    code = "unknown-image"


class NothingToRetry(CatalogError):
    """Only a picture that was rejected or failed can be tried again."""

    status = 409
    code = "nothing-to-retry"


class UnknownWebhook(CatalogError):
    """There is no such webhook. Somebody may have deleted it."""

    status = 404
    code = "unknown-webhook"


class UnknownDelivery(CatalogError):
    """There is no such delivery. They are kept for 30 days."""

    status = 404
    code = "unknown-delivery"


class FeedUnreadable(CatalogError):
    """This file is not a product feed. It must be CSV or TSV with a header line that names the column id, or XML."""

    code = "feed-unreadable"


class NotMapped(FeedUnreadable):
    """No column of this file's header line is known to hold the id of a product. Say which one does."""

    status = 422
    code = "not-mapped"


class FetchRefused(CatalogError):
    """This address cannot be fetched. It must be a public http or https address of an image."""

    status = 422
    code = "fetch-refused"


class FetchFailed(FetchRefused):
    """The server of this address did not send the image. It may work later."""

    code = "fetch-failed"


class SourceMissing(CatalogError):
    """The picture is not where the feed says. Put it beside the feed, then import the feed again."""

    code = "source-missing"


class UnknownFeed(CatalogError):
    """There is no feed of this name. Feeds are named at /manage/feeds/."""

    status = 404
    code = "unknown-feed"


class UnknownImport(CatalogError):
    """There is no such import. It may have been tidied away; its products have stayed."""

    status = 404
    code = "unknown-import"


class ImportStateConflict(CatalogError):
    """The import is in a state in which this cannot be done. Look at it again."""

    status = 409
    code = "import-state"


class MissingGuard(CatalogError):
    """This feed lacks a large part of the products it brought before. Say that this is meant, or keep them."""

    status = 409
    code = "missing-guard"


class ArchiveRefused(CatalogError):
    """This archive cannot be taken. It must be a plain ZIP with one feed and its pictures."""

    code = "archive-refused"


class FolderRefused(CatalogError):
    """Feeds are only read from the folders that SIGHTLINE_FEED_FOLDERS names."""

    code = "folder-refused"


class NothingToUndo(CatalogError):
    """There is nothing left of this change that could be undone."""

    status = 409
    code = "nothing-to-undo"


class StillRunning(CatalogError):
    """This import is not done yet. Cancel it first, then undo what it has done."""

    status = 409
    code = "still-running"


class UndoClashes(CatalogError):
    """This cannot be undone: what was there before clashes with what is there now. Undo the later changes first."""

    status = 409
    code = "undo-clashes"


class BulkRefused(CatalogError):
    """These products cannot be changed together in this way."""

    status = 422
    code = "bulk-refused"


class CategoryRefused(CatalogError):
    """The category cannot be changed in this way."""

    status = 422
    code = "category-refused"


class PicturesChanged(CatalogError):
    """The pictures of this product have changed meanwhile. Look at them as they are now, and try again."""

    status = 409
    code = "pictures-changed"


class NothingTicked(CatalogError):
    """Tick what this is about first: at least two look-alikes, or one suggestion."""

    code = "nothing-ticked"


class NotOverridable(CatalogError):
    """This picture cannot be shown: it is on the blocklist, or there is no readable picture to show. Try it again."""

    status = 409
    code = "not-overridable"


class DecidedAlready(CatalogError):
    """Somebody else has decided this meanwhile, or it has changed. Look at it again."""

    status = 409
    code = "decided-already"


class NoDecision(CatalogError):
    """There is no decision of yours that could be taken back."""

    status = 409
    code = "no-decision"
