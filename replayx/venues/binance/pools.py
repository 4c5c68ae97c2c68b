"""What requests to Binance are charged to; the limits are in `limit_rules`."""

WEIGHT = "weight"
WSAPI_WEIGHT = "wsapi weight"
ORDERS = "orders"
# A batch counts differently in the two windows of USDⓈ-M.
ORDERS_10S = "orders 10s"
ORDERS_1M = "orders 1m"
CONNECTIONS = "connections"
FUNDING = "funding"
STATISTICS = "statistics"
