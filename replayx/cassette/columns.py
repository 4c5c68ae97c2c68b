"""Columns of numbers in byte planes (FORMAT.md section 4)."""

AT_BYTES, CHANNEL_BYTES, LENGTH_BYTES = 8, 2, 4
ROW_BYTES = AT_BYTES + CHANNEL_BYTES + LENGTH_BYTES


def to_planes(column: bytes, width: int) -> bytes:
    """Return a column of `width`-byte numbers as byte planes."""
    return b"".join([column[plane::width] for plane in range(width)])


def from_planes(planes: memoryview, width: int) -> memoryview:
    """Return the column that `to_planes` was given."""
    count = len(planes) // width
    column = bytearray(len(planes))
    for plane in range(width):
        column[plane::width] = planes[plane * count : (plane + 1) * count]
    return memoryview(column)
