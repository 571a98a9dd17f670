"""What the worker does for judging. Any job may run twice: each looks at what is there first."""

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from labeling import build
from labeling.errors import LabelingError
from labeling.models import GoldenSet
from labeling.projects import BUILD_TASK
from search.build.child import run_child

MAX_ATTEMPTS = 5
SCORE_LOCK = "labeling.score"  # one at a time: each searches as fast as it can
WORKER = "worker"


@app.task(
    name=BUILD_TASK,
    pass_context=True,
    lock=BUILD_TASK,  # one at a time: each searches as fast as it can
    retry=RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=3),
)
def build_project(context: JobContext, project_id: int) -> None:
    """building -> open, or failed with the reason."""
    try:
        build.build(project_id, context.should_abort)
    except LabelingError as error:
        build.fail(project_id, error.detail)
    except build.Stopped:  # no attempt: the next worker goes on
        build_project.defer(project_id=project_id)
    except Exception as error:
        if context.job.attempts + 1 >= MAX_ATTEMPTS:
            build.fail(project_id, f"It could not be made: {error}")
        raise


@app.task(name="labeling.score_golden_set", pass_context=True, lock=SCORE_LOCK)
def score_golden_set(context: JobContext, golden_id: int, actor: str) -> None:
    """What is live, asked what a golden set asks; kept for its trend."""
    row = GoldenSet.objects.get(pk=golden_id)
    run_child("golden", "score", str(row), "--actor", actor, should_stop=context.should_abort)


@app.periodic(cron="37 4 * * *")
@app.task(
    name="labeling.score_golden_sets", queueing_lock="labeling.score_golden_sets", pass_context=True, lock=SCORE_LOCK
)
def score_golden_sets(context: JobContext, timestamp: int | None = None) -> None:
    """The newest version of each, once a day; a fall is logged as a warning and shown on its page."""
    if GoldenSet.objects.exists():
        run_child("golden", "score", "--actor", WORKER, should_stop=context.should_abort)
