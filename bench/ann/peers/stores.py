"""Vector databases that run inside the process: milvus-lite, LanceDB, Chroma. Asked through their own clients."""

import numpy as np

from ann.data import DIM
from ann.filters import Narrow
from ann.peers.base import Peer

LINKS, BUILD_EF = 16, 128


class MilvusLite(Peer):
    settings = tuple({"ef": ef} for ef in (16, 64, 256))
    filter_settings = ({"ef": 256},)
    note = "the edition for development; its server was not measured"

    def build(self) -> dict:
        from pymilvus import DataType, MilvusClient

        client = MilvusClient(str(self.folder / "milvus.db"))
        schema = client.create_schema(auto_id=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIM)
        schema.add_field("price", DataType.FLOAT)
        schema.add_field("cell", DataType.INT64)
        client.create_collection("items", schema=schema)
        for first, rows in self.data.parts(2000):
            client.insert("items", [self.row(first + number, vector) for number, vector in enumerate(rows)])
        client.flush("items")
        index = client.prepare_index_params()
        parameters = {"M": LINKS, "efConstruction": BUILD_EF}
        index.add_index("vector", index_type="HNSW", metric_type="IP", params=parameters)
        client.create_index("items", index)
        client.close()
        return parameters

    def row(self, number: int, vector: np.ndarray) -> dict:
        price, cell = float(self.data.price[number]), int(self.data.cells[number])
        return {"id": number, "vector": vector, "price": price, "cell": cell}

    def open(self) -> None:
        from pymilvus import MilvusClient

        self.client = MilvusClient(str(self.folder / "milvus.db"))
        self.client.load_collection("items")

    def search(self, query: np.ndarray, k: int, setting: dict, where: str = "") -> np.ndarray:
        parameters = {"metric_type": "IP", "params": {"ef": max(setting["ef"], k)}}
        found = self.client.search("items", [query], filter=where, limit=k, search_params=parameters)[0]
        return np.array([hit["id"] for hit in found], np.int64)

    def narrowed(self, query: np.ndarray, k: int, setting: dict, narrow: Narrow) -> np.ndarray:
        return self.search(query, k, setting, where=condition(narrow))

    def close(self) -> None:
        self.client.close()


def condition(narrow: Narrow) -> str:
    if narrow.price_max is not None:
        return f"price <= {narrow.price_max}"
    return f"cell in {list(narrow.cells)}"


class LanceDB(Peer):
    kind, options = "IVF_PQ", {"num_sub_vectors": 64}
    settings = tuple(
        {"nprobe": probe, "refine": refine} for probe, refine in ((8, 10), (12, 10), (16, 10), (24, 10), (32, 40))
    )
    filter_settings = ({"nprobe": 32, "refine": 10},)

    def build(self) -> dict:
        import lancedb

        database = lancedb.connect(str(self.folder / "lance"))
        table = None
        for first, rows in self.data.parts(100_000):
            part = self.arrow(first, rows)
            if table is None:
                table = database.create_table("items", part)
            else:
                table.add(part)
        lists = int(self.data.rows**0.5)  # as its documentation advises
        table.create_index(
            metric="dot", vector_column_name="vector", index_type=self.kind, num_partitions=lists, **self.options
        )
        for column in ("price", "cell"):
            table.create_scalar_index(column)
        return {"kind": self.kind, "lists": lists, **self.options}

    def arrow(self, first: int, rows: np.ndarray):
        import pyarrow

        here = slice(first, first + len(rows))
        return pyarrow.table({
            "id": pyarrow.array(np.arange(first, first + len(rows))),
            "price": pyarrow.array(self.data.price[here].astype(np.float64)),
            "cell": pyarrow.array(self.data.cells[here].astype(np.int64)),
            "vector": pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(rows.ravel()), DIM),
        })  # fmt: skip

    def open(self) -> None:
        import lancedb

        self.table = lancedb.connect(str(self.folder / "lance")).open_table("items")

    def search(self, query: np.ndarray, k: int, setting: dict, where: str | None = None) -> np.ndarray:
        refine = setting["refine"] if k <= 10 else max(1, setting["refine"] * 10 // k)
        asked = self.table.search(query).distance_type("dot").nprobes(setting["nprobe"]).refine_factor(refine)
        if where:
            asked = asked.where(where, prefilter=True)
        return asked.limit(k).select(["id"]).to_arrow()["id"].to_numpy()

    def narrowed(self, query: np.ndarray, k: int, setting: dict, narrow: Narrow) -> np.ndarray:
        return self.search(query, k, setting, where=condition(narrow).replace("[", "(").replace("]", ")"))


class Chroma(Peer):
    settings = tuple({"ef": ef} for ef in (32, 64, 100, 200, 300))
    filter_settings = ({"ef": 100},)

    def build(self) -> dict:
        options = {"space": "ip", "ef_construction": BUILD_EF, "max_neighbors": LINKS, "ef_search": 100}
        items = self.client().create_collection("items", embedding_function=None, configuration={"hnsw": options})
        for first, rows in self.data.parts(5000):
            numbers = range(first, first + len(rows))
            facts = [{"price": float(self.data.price[row]), "cell": int(self.data.cells[row])} for row in numbers]
            items.add(ids=[str(row) for row in numbers], embeddings=rows, metadatas=facts)
        return options

    def client(self):
        import chromadb

        settings = chromadb.Settings(anonymized_telemetry=False)
        return chromadb.PersistentClient(str(self.folder / "chroma"), settings=settings)

    def open(self) -> None:
        self.items = self.client().get_collection("items", embedding_function=None)
        self.ef = None

    def search(self, query: np.ndarray, k: int, setting: dict, **where) -> np.ndarray:
        if self.ef != (ef := max(setting["ef"], k)):
            self.items.modify(configuration={"hnsw": {"ef_search": ef}})
            self.ef = ef
        found = self.items.query(query_embeddings=query[None], n_results=k, include=[], **where)["ids"][0]
        return np.array(found, np.int64)

    def narrowed(self, query: np.ndarray, k: int, setting: dict, narrow: Narrow) -> np.ndarray:
        if narrow.price_max is not None:
            return self.search(query, k, setting, where={"price": {"$lte": narrow.price_max}})
        return self.search(query, k, setting, where={"cell": {"$in": list(narrow.cells)}})
