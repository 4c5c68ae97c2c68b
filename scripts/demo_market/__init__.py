"""A made-up market in an exchange's wire form: what the bundled cassette is generated from."""
