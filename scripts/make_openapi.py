"""Writes docs/reference/openapi.json, the OpenAPI document of the control API."""

from pathlib import Path

from replayx.server.control.openapi import document_json

TARGET = Path(__file__).resolve().parents[1] / "docs" / "reference" / "openapi.json"

if __name__ == "__main__":
    TARGET.write_bytes(document_json())
