"""Reads Parquet files with pyarrow and tells exactly what it found.

One request per line on standard input, one answer per line on standard output, both JSON:

  {"do": "read", "file": ...}                             types, field ids, cells by column, and the metadata
  {"do": "filter", "file": ..., "column": ..., "low": ..., "high": ...}
                                                          rows found, row groups left by statistics, and of how many
  {"do": "dataset", "folder": ...}                        names and rows of a folder with Hive's partitions

A cell is null or a text: integers, days and microseconds in decimal digits, decimals as their unscaled integer,
floats as the big-endian bytes of their bits and binary as its bytes in hexadecimal, booleans as 0 or 1.
"""

import json
import struct
import sys

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq


def float_text(form):
    return lambda value: struct.pack(form, value).hex()


def unscaled(array):
    """The integers of a decimal128 array, from its memory: Python's decimals would round by their context."""
    data = array.buffers()[1]
    at = [16 * (array.offset + i) for i in range(len(array))]
    valid = array.is_valid().to_pylist()
    return [
        str(int.from_bytes(data[i : i + 16], "little", signed=True)) if ok else None for i, ok in zip(at, valid)
    ]


def cells(column):
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    kind = array.type
    if pa.types.is_decimal128(kind):
        return unscaled(array)
    if kind == pa.date32():
        array = array.cast(pa.int32())
    elif kind == pa.timestamp("us"):
        array = array.cast(pa.int64())
    text = {
        pa.bool_(): lambda value: "1" if value else "0",
        pa.int32(): str,
        pa.int64(): str,
        pa.float32(): float_text(">f"),
        pa.float64(): float_text(">d"),
        pa.string(): lambda value: value,
        pa.binary(): bytes.hex,
    }[array.type]
    return [None if value is None else text(value) for value in array.to_pylist()]


def bound(value, column, kind):
    """A stored minimum or maximum in the spelling of the cells."""
    physical = column.physical_type
    if physical == "BOOLEAN":
        return "1" if value else "0"
    if physical == "FLOAT":
        return float_text(">f")(value)
    if physical == "DOUBLE":
        return float_text(">d")(value)
    if physical == "FIXED_LEN_BYTE_ARRAY":
        return str(int.from_bytes(value, "big", signed=True))
    if physical == "BYTE_ARRAY":
        return value.decode() if kind == pa.string() else value.hex()
    return str(value)


def chunk(column, kind):
    statistics = column.statistics
    bounds = statistics is not None and statistics.has_min_max
    return {
        "values": column.num_values,
        "nulls": statistics.null_count if statistics is not None and statistics.has_null_count else None,
        "min": bound(statistics.min_raw, column, kind) if bounds else None,
        "max": bound(statistics.max_raw, column, kind) if bounds else None,
        "encodings": list(column.encodings),
        "compression": column.compression,
    }


def read(request):
    file = pq.ParquetFile(request["file"])
    table = file.read(use_threads=False)
    table.validate(full=True)
    metadata = file.metadata
    kinds = table.schema.types
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    return {
        "types": [str(kind) for kind in kinds],
        "ids": [int(field.metadata[b"PARQUET:field_id"]) for field in table.schema],
        "rows": metadata.num_rows,
        "columns": [cells(column) for column in table.columns],
        "groups": [
            {"rows": group.num_rows, "chunks": [chunk(group.column(i), kind) for i, kind in enumerate(kinds)]}
            for group in groups
        ],
    }


def filter_rows(request):
    dataset = ds.dataset(request["file"], format="parquet")
    name = request["column"]
    kind = dataset.schema.field(name).type
    low, high = (pa.scalar(request[end], pa.string()).cast(kind) for end in ("low", "high"))
    wanted = (ds.field(name) >= low) & (ds.field(name) <= high)
    (fragment,) = dataset.get_fragments()
    return {
        "found": cells(dataset.to_table(columns=[name], filter=wanted, use_threads=False).column(0)),
        "left": [group.id for part in fragment.split_by_row_group(wanted) for group in part.row_groups],
        "groups": len(fragment.row_groups),
    }


def dataset(request):
    table = ds.dataset(request["folder"], format="parquet", partitioning="hive").to_table(use_threads=False)
    return {
        "names": table.schema.names,
        "rows": [[None if value is None else str(value) for value in row.values()] for row in table.to_pylist()],
    }


ACTIONS = {"read": read, "filter": filter_rows, "dataset": dataset}

for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = ACTIONS[asked["do"]](asked)
    except Exception as error:  # what pyarrow says of a file is the answer
        answer = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
