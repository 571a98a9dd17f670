"""What is judged, by whom, and what they said. docs/labeling.md tells the whole story; states are drawn there."""

from labeling.models.project import Guideline, Project, System
from labeling.models.query import Query, QueryBatch, ResultList
from labeling.models.sets import Dataset, DatasetRow, GoldenSet, GoldenVerdict
from labeling.models.standing import Adjudication, RaterDecision
from labeling.models.task import Assignment, Rater, Task
from labeling.models.verdict import Reason, Verdict

__all__ = [
    "Adjudication",
    "Assignment",
    "Dataset",
    "DatasetRow",
    "GoldenSet",
    "GoldenVerdict",
    "Guideline",
    "Project",
    "Query",
    "QueryBatch",
    "Rater",
    "RaterDecision",
    "Reason",
    "ResultList",
    "System",
    "Task",
    "Verdict",
]
