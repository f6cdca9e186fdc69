"""Writes workbooks with openpyxl and XlsxWriter into the folder that the command line names."""

import datetime as dt
import sys
from pathlib import Path

import openpyxl
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904

folder = Path(sys.argv[1])

VALUES = [
    ("text", "plain"),
    ("blanks", "  two\nlines\ttab  "),
    ("marks", "<a href=\"x\">&amp; 'q'</a>"),
    ("emoji", "é 日本 😀"),
    ("looks escaped", "_x000D_"),
    ("zeros", "007"),
    ("int", 42),
    ("negative", -7),
    ("float", 0.1),
    ("sum", 0.1 + 0.2),
    ("large", 123456789012345678),
    ("huge", 1e300),
    ("true", True),
    ("false", False),
    ("date", dt.date(2024, 2, 29)),
    ("moment", dt.datetime(2024, 2, 29, 23, 59, 58, 987000)),
    ("midnight", dt.datetime(1900, 3, 1)),
    ("time", dt.time(13, 5, 7)),
    ("span", dt.timedelta(days=1, hours=12)),
    ("nothing", None),
]


def with_openpyxl(path, epoch=None):
    book = openpyxl.Workbook()
    if epoch is not None:
        book.epoch = epoch
    sheet = book.active
    sheet.title = "Values"
    sheet.append(["name", "value"])
    for row in VALUES:
        sheet.append(row)
    sheet.append(["rich", CellRichText("a ", TextBlock(InlineFont(b=True), "bold"), " b")])
    sheet.append(["link", "see"])
    sheet.cell(sheet.max_row, 2).hyperlink = "https://example.com"
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = "A1:B5"
    sheet.row_dimensions[3].hidden = True
    formulas = book.create_sheet("Formulas")
    formulas.append(["n"])
    formulas.append(["=1+1"])
    merged = book.create_sheet("Merged")
    merged.append(["a", "b"])
    merged.append([1, 2])
    merged.append([3, None])
    merged.merge_cells("A3:B3")
    book.create_sheet("Hidden").append(["only headings"])
    book["Hidden"].sheet_state = "hidden"
    book.create_sheet("Blank")
    book.create_chartsheet("Chart")
    book.save(path)


def with_xlsxwriter(path, options):
    book = xlsxwriter.Workbook(path, options)
    sheet = book.add_worksheet("Values")
    formats = {
        dt.date: book.add_format({"num_format": "dd/mm/yyyy"}),
        dt.datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}),
        dt.time: book.add_format({"num_format": "hh:mm:ss"}),
        dt.timedelta: book.add_format({"num_format": "[h]:mm:ss"}),
    }
    sheet.write_row(0, 0, ["name", "value"])
    for i, (name, value) in enumerate(VALUES, 1):
        sheet.write(i, 0, name)
        if type(value) in formats:
            sheet.write_datetime(i, 1, value, formats[type(value)])
        elif isinstance(value, str):
            sheet.write_string(i, 1, value)
        elif value is not None:
            sheet.write(i, 1, value)
    last = len(VALUES) + 1
    sheet.write(last, 0, "formula")
    sheet.write_formula(last, 1, '="a"&1', None, "a1")
    sheet.write(last + 1, 0, "error")
    sheet.write_formula(last + 1, 1, "=1/0", None, "#DIV/0!")
    book.close()


with_openpyxl(folder / "openpyxl.xlsx")
with_openpyxl(folder / "openpyxl-1904.xlsx", CALENDAR_MAC_1904)
with_xlsxwriter(folder / "xlsxwriter.xlsx", {})
with_xlsxwriter(folder / "xlsxwriter-rows.xlsx", {"constant_memory": True, "date_1904": True})

many = xlsxwriter.Workbook(folder / "many.xlsx", {"constant_memory": True})
sheet = many.add_worksheet("Rows")
sheet.write_row(0, 0, ["id", "text", "grade"])
for i in range(1, 60_001):
    sheet.write_row(i, 0, [i, f"answer {i} of a learner", i / 8])
many.close()
