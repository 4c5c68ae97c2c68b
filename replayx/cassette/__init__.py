"""The cassette file: records, chunks of columns, writer, reader, recovery, redaction."""
