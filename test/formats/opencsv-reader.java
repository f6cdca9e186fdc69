/*
 * Reads CSV files as a table in Hive with the OpenCSVSerde does: Hadoop's TextInputFormat takes the bytes apart at LF,
 * CR or CRLF, and each record goes through a CSVReader of its own, of which one row is asked for.
 *
 * One file per line on standard input, `<version of opencsv> <its bytes in base64>`; one answer per line on standard
 * output, a JSON list of the rows, that of the header too. A row is the list of its fields, or null where the reader
 * found none.
 */

import com.opencsv.CSVParserBuilder;
import com.opencsv.CSVReaderBuilder;
import com.opencsv.exceptions.CsvValidationException;
import java.io.BufferedReader;
import java.io.CharArrayReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

final class OpencsvReader {
  private interface Parser {
    String[] row(Reader record) throws IOException, CsvValidationException;
  }

  /** As OpenCSVSerde.deserialize does, up to Hive 4.0 and since 4.1, with the properties that our tables have. */
  private static final Map<String, Parser> PARSERS = Map.of("2.3", OpencsvReader::row23, "5.9", OpencsvReader::row59);

  private static String[] row23(Reader record) throws IOException {
    return new au.com.bytecode.opencsv.CSVReader(record, ',', '"', '\\').readNext();
  }

  private static String[] row59(Reader record) throws IOException, CsvValidationException {
    CSVParserBuilder parser = new CSVParserBuilder().withSeparator(',').withQuoteChar('"').withEscapeChar('\\');
    return new CSVReaderBuilder(record).withCSVParser(parser.build()).build().readNext();
  }

  public static void main(String[] arguments) throws IOException, CsvValidationException {
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String request; (request = requests.readLine()) != null; ) {
      String[] parts = request.split(" ", 2);
      System.out.println(answer(PARSERS.get(parts[0]), Base64.getDecoder().decode(parts[1])));
      System.out.flush();
    }
  }

  /** A last record without a line end is one, and nothing behind the last line end is none: LineReader of Hadoop. */
  private static String answer(Parser parser, byte[] file) throws IOException, CsvValidationException {
    StringBuilder json = new StringBuilder("[");
    for (int start = 0; start < file.length; ) {
      int end = start;
      while (end < file.length && file[end] != '\n' && file[end] != '\r') end++;
      if (start > 0) json.append(',');
      String record = new String(file, start, end - start, StandardCharsets.UTF_8);
      append(json, parser.row(new CharArrayReader(record.toCharArray())));
      boolean both = end + 1 < file.length && file[end] == '\r' && file[end + 1] == '\n';
      start = end + (both ? 2 : 1);
    }
    return json.append(']').toString();
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
      else json.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
    }
    json.append('"');
  }
}
