"""Measures as pure functions of judgements and results, and nothing else.

qrels: {query id: {document id: grade}}; a grade above 0 is a right answer.
run: {query id: [document ids, best first]}.
Every query of the qrels with a right answer counts: one without results scores 0 and never disappears.
"""

from ml.evaluate.boxes import average_recall, detection_recall, match_boxes, pooled_recall
from ml.evaluate.ranking import average_precision, judged_at_k, mrr, ndcg_at_k, precision_at_1, recall_at_k
from ml.evaluate.separation import auroc

__all__ = [
    "auroc",
    "average_precision",
    "average_recall",
    "detection_recall",
    "judged_at_k",
    "match_boxes",
    "mrr",
    "ndcg_at_k",
    "pooled_recall",
    "precision_at_1",
    "recall_at_k",
]
