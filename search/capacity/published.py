"""What others have published about systems of this size. Hardware, dimensions and metrics differ from row to row.

Good for orders of magnitude, not for ratios. Per-core and per-vector figures divide numbers of the same source.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    system: str
    data: str
    figure: str
    source: str
    queries_per_vcpu: float | None = None
    ram_bytes_per_vector: float | None = None


SYSTEMS = (
    Published(
        "FAISS IVF-PQ, Big-ANN 2021 baseline T1",
        "1 B, 96 to 256 d",
        "10,000 queries/s on 32 vCPU and 64 GB; recall@10 0.635 (bigann), 0.650 (deep), 0.729 (msspacev)",
        "github.com/harsha-simhadri/big-ann-benchmarks, t1_t2/README.md",
        queries_per_vcpu=10_000 / 32,
        ram_bytes_per_vector=64,
    ),
    Published(
        "DiskANN, Big-ANN 2021 baseline T2",
        "1 B",
        "1,500 queries/s on 8 vCPU, 64 GB and NVMe; recall@10 0.949 (bigann), 0.937 (deep)",
        "github.com/harsha-simhadri/big-ann-benchmarks, t1_t2/README.md",
        queries_per_vcpu=1_500 / 8,
        ram_bytes_per_vector=64,
    ),
    Published(
        "DiskANN",
        "SIFT1B",
        "over 5,000 queries/s, mean below 3 ms, 95 % 1-recall@1 on 16 cores and 64 GB",
        "papers.nips.cc 2019, 09853c7f",
        queries_per_vcpu=5_000 / 16,
        ram_bytes_per_vector=64,
    ),
    Published(
        "SPANN", "1 B sets", "recall@10 of 90 % in about 1 ms with 32 GB", "arXiv 2111.08566", ram_bytes_per_vector=32
    ),
    Published(
        "SPFresh",
        "1 B, 1 % a day updated",
        "updates in place with 1 % of the DRAM and under 10 % of the cores of a global rebuild",
        "arXiv 2410.14452",
    ),
    Published(
        "KIOXIA AiSAQ",
        "4.8 B, one node",
        "200 queries/s, p95 57 ms, recall@10 90 %; built in 31 days on CPU, 4 days on 4 H100",
        "blog-us.kioxia.com, 2026-03-16",
    ),
    Published(
        "turbopuffer v3", "100 B x 1024 d", "1,000 queries/s, p99 200 ms, recall 92 %", "turbopuffer.com, Jan 2026"
    ),
    Published(
        "LAION-5B search (FAISS on SSD)",
        "5.85 B x 768 d",
        "9 TB of vectors to an index of 800 GB, served by one machine with 16 GB",
        "rom1504.medium.com, 2022-03-31",
        ram_bytes_per_vector=16e9 / 5.85e9,
    ),
    Published(
        "clip-retrieval (FAISS, mapped)",
        "LAION-400M and 5B",
        "about 50 ms a query and 20 queries/s a backend",
        "github.com/rom1504/clip-retrieval README",
    ),
    Published(
        "VectorChord (IVF with RaBitQ in PostgreSQL)",
        "100 M x 768 d",
        "131 queries/s at precision@10 0.95 on one machine of 250 USD a month (30 USD a million vectors and year)",
        "blog.vectorchord.ai",
    ),
    Published(
        "pgvectorscale", "50 M x 768 d", "471.57 queries/s at recall 99 %", "tigerdata.com/blog/pgvector-vs-qdrant"
    ),
)
