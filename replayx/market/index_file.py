"""The file beside a cassette in which a market's index is kept, so that it is made once."""

import zlib
from collections.abc import Sequence

from replayx import __version__
from replayx.cassette.damage import UNDECODABLE, Damage
from replayx.cassette.reader import CassetteReader
from replayx.cassette.sidecar import SidecarReader
from replayx.errors import ReplayxError
from replayx.market.index_tables import pack_tables, unpack_tables
from replayx.market.market_index import MarketIndex
from replayx.timeline.source import CassetteSource, Source

SUFFIX = ".market"
# Of the layout of the tables; what is of another is made again.
_VERSION = 1
# An index ends with where its records are: other contents, other bytes here.
_TAIL_BYTES = 4096


class IndexFile:
    """Where the index of a market of some cassettes is, and what shows that it is of them."""

    def __init__(self, market: str, readers: Sequence[CassetteReader]) -> None:
        first = readers[0].path
        more = f"+{len(readers) - 1}" if len(readers) > 1 else ""
        self.path = first.with_name(f"{first.name}.{market}{more}{SUFFIX}")
        self.cassette_bytes = sum(reader.file_bytes for reader in readers)
        ends = ",".join(f"{reader.file_bytes}:{_checksum(reader):08x}" for reader in readers)
        self.identity = f"{_VERSION} {__version__} {market} {ends}".encode()

    @classmethod
    def of(cls, market: str, sources: Sequence[Source]) -> "IndexFile | None":
        """Return the file for a tape; None if it is not of finished cassettes alone."""
        readers = [one.reader for one in sources if isinstance(one, CassetteSource)]
        whole = [one for one in readers if one.is_finished and one.damage is None]
        return cls(market, whole) if whole and len(whole) == len(sources) else None

    def open(self) -> "SidecarReader | None":
        """Return the file if it is there. Raises ReplayxError if it is damaged or of another."""
        if not self.path.exists():
            return None
        file = SidecarReader(self.path)
        if file.table[: len(self.identity) + 1] != self.identity + b"\0":
            file.close()
            raise ReplayxError("made of another recording or by another release", where=self.where)
        return file

    @property
    def where(self) -> str:
        """The path as text."""
        return str(self.path)

    def fill(self, index: MarketIndex, file: SidecarReader) -> None:
        """Fill an empty index from the file. Raises ReplayxError if that cannot be."""
        try:
            unpack_tables(file.table[len(self.identity) + 1 :], index, len(file))
        except (*UNDECODABLE, Damage, TypeError) as error:
            raise ReplayxError(f"not an index ({error})", where=self.where) from error

    def table(self, index: MarketIndex) -> bytes:
        """Return what the file's table has to be."""
        return self.identity + b"\0" + pack_tables(index)


def _checksum(reader: CassetteReader) -> int:
    start = max(0, reader.file_bytes - _TAIL_BYTES)
    return zlib.crc32(reader.file.peek(start, _TAIL_BYTES), zlib.crc32(reader.file.peek(0, 4096)))
