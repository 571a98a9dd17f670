"""The engines by name. `foreign` ones live in the peers' virtual environment, so each module is imported on its own."""

from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True, slots=True)
class Entry:
    module: str
    kind: str
    foreign: bool = False


OURS = "sightline"
PEERS = {
    OURS: Entry("ours", "Sightline"),
    "faiss_pq128": Entry("raw_faiss", "InvertedPQ128"),
    "faiss_pq256": Entry("raw_faiss", "InvertedPQ256"),
    "faiss_pq256_float32": Entry("raw_faiss", "InvertedPQ256Float"),
    "faiss_rabitq": Entry("raw_faiss", "InvertedRaBitQ"),
    "faiss_opq64": Entry("raw_faiss", "InvertedOPQ"),
    "faiss_hnsw32": Entry("raw_faiss", "Graph"),
    "faiss_flat": Entry("raw_faiss", "Faiss"),
    "scann": Entry("google_scann", "Scann", foreign=True),
    "pgvector": Entry("pgvector_hnsw", "PgVector"),
    "hnswlib": Entry("graphs", "Hnswlib", foreign=True),
    "usearch": Entry("graphs", "USearch", foreign=True),
    "usearch_f16": Entry("graphs", "USearchHalf", foreign=True),
    "milvus_lite": Entry("stores", "MilvusLite", foreign=True),
    "lancedb": Entry("stores", "LanceDB", foreign=True),
    "chroma": Entry("stores", "Chroma", foreign=True),
}


def load(name: str):
    """The class of an engine. Raises ImportError where its package is not installed."""
    entry = PEERS[name]
    return getattr(import_module(f"ann.peers.{entry.module}"), entry.kind)
