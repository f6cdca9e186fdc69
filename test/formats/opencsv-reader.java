/*
 * Reads CSV files as a table in Hive with the OpenCSVSerde does: Hadoop's TextInputFormat takes the bytes apart at LF,
 * CR or CRLF, and each record goes through a CSVReader of its own, of which one row is asked for.
 *
 * One file per line on standard input, its bytes in base64; one answer per line on standard output, a JSON list of
 * the rows, that of the header too. A row is the list of its fields, or null where the reader found none.
 */

import au.com.bytecode.opencsv.CSVReader;
import java.io.BufferedReader;
import java.io.CharArrayReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

final class OpencsvReader {
  public static void main(String[] arguments) throws IOException {
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String file; (file = requests.readLine()) != null; ) {
      System.out.println(answer(Base64.getDecoder().decode(file)));
      System.out.flush();
    }
  }

  /** A last record without a line end is one, and nothing behind the last line end is none: LineReader of Hadoop. */
  private static String answer(byte[] file) throws IOException {
    StringBuilder json = new StringBuilder("[");
    for (int start = 0; start < file.length; ) {
      int end = start;
      while (end < file.length && file[end] != '\n' && file[end] != '\r') end++;
      if (start > 0) json.append(',');
      append(json, row(new String(file, start, end - start, StandardCharsets.UTF_8)));
      boolean both = end + 1 < file.length && file[end] == '\r' && file[end + 1] == '\n';
      start = end + (both ? 2 : 1);
    }
    return json.append(']').toString();
  }

  /** As OpenCSVSerde.deserialize does with the properties that our tables have. */
  private static String[] row(String record) throws IOException {
    try (CSVReader reader = new CSVReader(new CharArrayReader(record.toCharArray()), ',', '"', '\\')) {
      return reader.readNext();
    }
  }

  private static void append(StringBuilder json, String[] row) {
    if (row == null) {
      json.append("null");
      return;
    }
    json.append('[');
    for (int i = 0; i < row.length; i++) {
      if (i > 0) json.append(',');
      append(json, row[i]);
    }
    json.append(']');
  }

  /** In ASCII alone, so that no line of the answer ends early. */
  private static void append(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c < 127 && c != '"' && c != '\\') json.append(c);
      else json.append(String.format("\\u%04x", (int) c));
    }
    json.append('"');
  }
}
