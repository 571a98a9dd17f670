"""The last rankings of this process, so that their next pages need no database."""

import pickle
import threading
from collections import OrderedDict
from uuid import UUID

from search.models import QueryLog

RANKINGS = 1000  # about 12 kB each


class Recent:
    """Rankings by query id, as bytes: a few hundred small objects each would take ten times as much."""

    def __init__(self, size: int = RANKINGS) -> None:
        self.size = size
        self.rows: OrderedDict[UUID, tuple[bytes, bool]] = OrderedDict()
        self.lock = threading.Lock()

    def add(self, log: QueryLog, written: bool) -> None:
        row = pickle.dumps({field.attname: getattr(log, field.attname) for field in log._meta.concrete_fields})
        with self.lock:
            self.rows[log.pk] = row, written
            while len(self.rows) > self.size:
                self.rows.popitem(last=False)

    def get(self, query_id: UUID, *, unwritten_only: bool = False) -> QueryLog | None:
        """`unwritten_only`: the database has the last word on what it was given."""
        row, written = self.rows.get(query_id, (None, True))
        if row is None or (unwritten_only and written):
            return None
        return QueryLog(**pickle.loads(row))  # of our own making


recent = Recent()
