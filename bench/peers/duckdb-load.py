"""One table through DuckDB's mysql extension into one Parquet file."""

import os
import sys

import duckdb

host, port, user, database, table, extension, folder = sys.argv[1:8]
os.makedirs(folder)
connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
connection.execute(f"LOAD '{extension}'")
address = f"host={host} port={port} user={user} passwd={os.environ['MYSQL_PWD']} database={database}"
connection.execute(f"ATTACH '{address}' AS source (TYPE mysql, READ_ONLY)")
connection.execute(
    f"COPY (SELECT * FROM source.{table}) TO '{folder}/{table}.parquet' (FORMAT parquet, COMPRESSION zstd)"
)
