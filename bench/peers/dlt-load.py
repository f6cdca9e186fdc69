"""One table through dlt's sql_database source into Parquet files of a local folder."""

import os
import sys

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt
from dlt.sources.sql_database import sql_table

host, port, user, database, table, backend, folder = sys.argv[1:8]
url = f"mysql+pymysql://{user}:{os.environ['MYSQL_PWD']}@{host}:{port}/{database}"
options = {"connectorx": {"conn": url.replace("+pymysql", ""), "return_type": "arrow_stream"}}
rows = sql_table(
    credentials=url,
    table=table,
    backend=backend,
    chunk_size=50_000,
    reflection_level="full",
    backend_kwargs=options.get(backend),
)
pipeline = dlt.pipeline(
    "bench",
    destination=dlt.destinations.filesystem("file://" + os.path.join(folder, "files")),
    dataset_name="bench",
    pipelines_dir=os.path.join(folder, "work"),
)
pipeline.run(rows, loader_file_format="parquet", write_disposition="replace").raise_on_failed_jobs()
