"""What the worker does for judging. Any job may run twice: each looks at what is there first."""

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from labeling import build
from labeling.errors import LabelingError
from labeling.projects import BUILD_TASK

MAX_ATTEMPTS = 5


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
    except build.Stopped:
        raise
    except Exception as error:
        if context.job.attempts + 1 >= MAX_ATTEMPTS:
            build.fail(project_id, f"It could not be made: {error}")
        raise
