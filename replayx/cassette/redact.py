"""Redaction: secrets replaced before they touch the disk, by pseudonyms that stay consistent.

Which names are secret is data (SecretRules), given by the venue. A secret once seen is remembered,
so that it is found again wherever it stands: in a URL, an error message, a stream's frame.
"""

import msgspec


class SecretRules(msgspec.Struct, frozen=True):
    """Which names carry secrets, all compared in lower case.

    identifiers: values replaced by a pseudonym of the same length and alphabet, everywhere alike:
      API keys, listen keys, tokens, account ids. As parameter, header or JSON field.
    erased: values replaced by `REDACTED`: signatures, cookies.
    dropped: headers and fields left out: passphrases.
    path_tokens: a path segment of this many characters [A-Za-z0-9] is an identifier (listen keys).
    """

    identifiers: frozenset[str] = frozenset()
    erased: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    path_token_lengths: frozenset[int] = frozenset()
