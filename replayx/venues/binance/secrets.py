"""What is secret in Binance's traffic: names of headers, parameters and JSON fields."""

from replayx.cassette.redact import SecretRules

SECRETS = SecretRules(
    identifiers=frozenset(
        {
            "x-mbx-apikey",
            "apikey",
            # A listenKey opens somebody's private events to whoever holds it.
            "listenkey",
            "listentoken",
            "token",
            "uid",
            "userid",
            "accountid",
            "subaccountid",
            "accountalias",
            "tradegroupid",
            "email",
        }
    ),
    erased=frozenset(
        {
            "signature",
            # The answer that makes a sub-account's API key tells its secret.
            "secretkey",
            "apisecret",
            "passphrase",
            "authorization",
            "proxy-authorization",
            "cookie",
            "set-cookie",
            # These name the caller or his address to whoever runs the edge.
            "x-forwarded-for",
            "x-real-ip",
            "x-mbx-uuid",
            "x-mbx-traceid",
            "x-amz-cf-id",
            "cf-ray",
        }
    ),
    # Listen keys are 64 letters and digits: `/ws/<listenKey>`.
    path_token_lengths=frozenset({64}),
)
