"""What can be wrong with judging. Each docstring is the message; doors turn `status` and `code` into an answer."""


class LabelingError(Exception):
    """This cannot be done."""

    status = 409
    code = "labeling-refused"

    def __init__(self, detail: str | None = None):
        self.detail = detail or (self.__doc__ or "").strip()
        super().__init__(self.detail)


class NotYours(LabelingError):
    """This task was not given to you."""

    status = 404
    code = "not-yours"


class AlreadyJudged(LabelingError):
    """You have judged this task already. Undo that first."""

    code = "already-judged"


class NotAVerdict(LabelingError):
    """That is no verdict for this kind of task."""

    status = 422
    code = "not-a-verdict"


class NothingToUndo(LabelingError):
    """There is nothing to undo."""

    code = "nothing-to-undo"


class TakenMeanwhile(LabelingError):
    """Somebody else has taken the task that you skipped. It cannot come back."""

    code = "taken-meanwhile"


class ProjectNotOpen(LabelingError):
    """This project takes no verdicts at the moment: it is paused or closed."""

    code = "project-not-open"


class RaterPaused(LabelingError):
    """Your judging is paused. Ask who leads it."""

    status = 403
    code = "rater-paused"


class BadQuerySet(LabelingError):
    """This query set cannot be used."""

    status = 422
    code = "bad-query-set"


class BadProject(LabelingError):
    """This project cannot be made."""

    status = 422
    code = "bad-project"


class NoReason(LabelingError):
    """Say why: others will read it next to what was decided."""

    status = 422
    code = "no-reason"


class AlreadySo(LabelingError):
    """That holds already. Somebody may have done it a moment ago."""

    code = "already-so"


class UnknownTask(LabelingError):
    """There is no such task to settle."""

    status = 404
    code = "unknown-task"


class BadGolden(LabelingError):
    """This golden set cannot be made."""

    status = 422
    code = "bad-golden-set"


class BadDataset(LabelingError):
    """This data set cannot be made."""

    status = 422
    code = "bad-dataset"


class GoldenLeak(LabelingError):
    """Photos of a golden set are in it: what is trained with them could not be measured by it."""

    code = "golden-leak"
