"""Every bound of replayx, each with its origin.

A bound is what stops a hostile file, a broken peer or a slow client from taking the machine.
Names end in their unit.
"""

KIB = 1 << 10
MIB = 1 << 20

# ---- cassette
# One record, packed or unpacked. Holds the largest body (exchangeInfo of Binance Spot is about
# 20 MB) with room; a hostile file can make a reader allocate this much once, never more.
RECORD_BYTES_MAX = 64 * MIB
# A chunk is sealed at this size: measured to be where zstd stops gaining at recording levels.
CHUNK_BYTES = 1 * MIB
# `repack` gathers chunks up to this size: level 19 finds matches further back (docs/architecture).
REPACK_CHUNK_BYTES = 4 * MIB
# A chunk is sealed when its events reach this size, so that looking up one REST answer
# unpacks little.
CHUNK_EVENT_BYTES = 128 * KIB
# Messages in a chunk: an adversary's 16 bytes a row must not decode into gigabytes of integers.
CHUNK_FRAMES_MAX = 1 << 20
# Events in a chunk (interactions, openings, client messages ...), for the same reason.
CHUNK_EVENTS_MAX = 1 << 16
# A request body above this is left out of the interaction index and read from its chunk.
INDEXED_BODY_BYTES_MAX = 64 * KIB
# Channel numbers are uint16 columns.
CHANNELS_MAX = 1 << 16
# Chunks in a file: 16 M chunks of 1 MiB are 16 TB; the index of such a file is refused.
CHUNKS_MAX = 1 << 24
# The open chunk is written at least this often: `kill -9` loses at most the last second, and
# sealing, packing and writing have to fit into the rest of that second.
CHUNK_AGE_NS = 600_000_000
# What a writer keeps allocated beyond its last record, so that a full disk still leaves room
# for the index and footer that make the file whole.
RESERVE_BYTES = 256 * KIB

# ---- messages
# Larger than any message a venue in reference sends (ccxt accepts 10 MB).
MESSAGE_BYTES_MAX = 16 * MIB
# REST bodies, either direction: the largest seen is exchangeInfo, about 20 MB.
BODY_BYTES_MAX = 48 * MIB
# One line of an NDJSON capture: a body as JSON text, escaped.
CAPTURE_LINE_BYTES_MAX = 2 * BODY_BYTES_MAX
# A capture whose times go back is sorted in memory, if its text is no larger than this.
SORTED_CAPTURE_BYTES_MAX = 512 * MIB
# Request line: ccxt and cryptofeed put 1,024 stream names into one URL, > 20 kB.
TARGET_BYTES_MAX = 64 * KIB

# ---- replay
# One write to a socket: larger ones gain nothing (ARCHITECTURE: batches of 64-256 KiB).
WRITE_BYTES = 256 * KIB
# At full speed whole chunks are written, also repacked ones; divided among the subscribers.
FLAT_OUT_BYTES = REPACK_CHUNK_BYTES + MIB
# A client that lets this much pile up is closed, as a venue does; nothing is buffered unbounded.
CLIENT_BUFFER_BYTES_MAX = 16 * MIB
# What may be in flight on all links that a plan delays: at 1 GB/s, the most that is replayed, a
# latency of 100 ms holds 100 MB. Beyond it the tape waits, or whoever holds the most is cut off.
LINK_BYTES_MAX = 128 * MIB
# At --speed max the slowest client sets the pace; one that reads nothing for this long is closed.
STALLED_CLIENT_NS = 30_000_000_000
# In lockstep: how long the tape waits for the echo of a ping. A client that reads answers at once,
# even on a busy machine; one whose script waits for the tape meanwhile never does.
ROLL_CALL_NS = 2_000_000_000
# Decoded chunks kept for looking up interactions.
CHUNK_CACHE_COUNT = 8
# Replies kept ready, by request key.
REPLY_CACHE_BYTES = 32 * MIB
# Ways in which messages with shifted times are laid out: some ten a kind of stream.
LAYOUTS_MAX = 4096
# How much of a tape is looked at for how far the venue's clock was ahead.
CLOCK_CHUNKS_MAX = 64
CLOCK_MESSAGES_MAX = 4096
# How often --loop may be told to play a tape; without a number it never ends.
LAPS_MAX = 1_000_000
# Payloads remembered per channel that two connections carried at once, and for how long: two
# connections of one host lag behind each other by milliseconds, in bad minutes by a second.
DUPLICATE_WINDOW_COUNT = 4096
DUPLICATE_WINDOW_NS = 5_000_000_000

# ---- control
# A command of the control API: a few fields, or a plan, which may be as large in a file.
CONTROL_BODY_BYTES_MAX = 1 * MIB
# What a transcript holds of a run: some thousand requests to look back on.
TRANSCRIPT_ENTRIES_MAX = 1 << 14
TRANSCRIPT_BYTES_MAX = 16 * MIB
# What it holds of one payload: a batch of orders is a few KiB.
TRANSCRIPT_PAYLOAD_BYTES_MAX = 64 * KIB
# Entries of a transcript in one answer: secrets are looked for in each while the tape waits.
TRANSCRIPT_PAGE_MAX = 1000

# ---- rate limits
# Addresses and accounts that limits are counted for: clients that name themselves, of a machine's
# tests; more are forgotten from the oldest on.
LIMITED_CLIENTS_MAX = 4096
# A file of limits: a few lines.
LIMITS_FILE_BYTES_MAX = 64 * KIB

# ---- derived streams
# Candles told as closed by one message, after a long silence: as many as one answer holds.
CLOSED_CANDLES_MAX = 1000
# Batches remembered a source: what a stream tells at the start of a chunk may depend on the last
# two seconds, which are four chunks of a recording.
EARLIER_BATCHES_MAX = 8
# Messages of derived streams kept of the chunks that are played, for all connections to share.
DERIVED_CACHE_BYTES = 16 * MIB

# How far back a run until a price is crossed looks for the trade before its first: decoded at
# once, so not far. A market that trades less often has hardly a price to cross.
PRICE_RECALL_NS = 10_000_000_000
# Timelines of one replay process: each has a thread that reads two chunks ahead.
TIMELINES_MAX = 64

# ---- recorder
# Sealed chunks waiting for the disk; beyond it reading from upstream waits.
SEALED_CHUNKS_MAX = 64
# WebSocket connections of one recorder or replay process.
CONNECTIONS_MAX = 4096
# Bytes waiting for the disk: large bodies must not multiply by SEALED_CHUNKS_MAX.
SEALED_BYTES_MAX = 64 * MIB
# A request body: orders and batches are a few KiB; with its answer it has to fit into one record.
REQUEST_BODY_BYTES_MAX = 4 * MIB
# The venue answers slow queries within its own timeout (10 s); then it counts as silent.
UPSTREAM_CONNECT_S = 10.0
UPSTREAM_ANSWER_S = 30.0
# How long a peer may take to answer a close frame, after which its connection is cut.
CLOSE_ANSWER_S = 5.0
# WS-API requests of one connection that wait for their answer.
PENDING_REQUESTS_MAX = 4096
# Identifiers remembered to be found again in free text and frames: each costs a search through
# every chunk. One recording sees a few keys and a listen key an hour.
LEARNED_SECRETS_MAX = 1024
# Signatures remembered: an error text that repeats one follows its request at once.
LEARNED_SIGNATURES_MAX = 32
# Sets of headers whose redacted form is kept: a few clients, and answers within one second.
CLEAN_HEADERS_MAX = 64
# Shorter values are replaced where their name stands, but not searched for in free text and
# frames: an account number of nine digits may also be a public trade id.
LEARNED_SECRET_BYTES_MIN = 16
# Texts above this are market data: no search for unnamed tokens of a key's length in them.
TOKEN_SEARCH_BYTES_MAX = 64 * KIB

# ---- the market behind the tape
# Payloads whose events are kept decoded; as Python objects they take about six times as much.
DECODED_EVENTS_BYTES = 8 * MIB
# Order books kept where the last question left them: one asks of a few symbols at a time.
BOOKS_KEPT_COUNT = 64
# Of a whole book's levels a key-frame holds those that changed, up to so many key-frames on.
BOOK_FRAMES_WHOLE_COUNT = 16
# Deltas kept to go on from a snapshot that is older than the stream: REST takes a second at most,
# in which the quickest stream tells about a hundred.
RECENT_DELTAS_COUNT = 1024
# How long a snapshot that finds no deltas to join is not followed by a try with the next.
SNAPSHOT_RETRY_NS = 1_000_000_000
# Before a symbol's first snapshot its book is that snapshot, if it lies this close ahead: a
# recorder asks for one when it has seen the first delta.
SNAPSHOT_AHEAD_NS = 10_000_000_000
# By how much the times that messages tell may span more than their times of receipt: latencies
# differ by less (a venue closes a connection that is silent for longer).
LATENCY_NS = 10_000_000_000
# Answers that are read for what they tell of the past, of each kind, symbol and interval: the
# first and the last are what a client asked at its start and what it knew in the end.
HISTORY_ANSWERS_MAX = 64
# Answers kept as events: a client asks for the same few things again and again.
READ_ANSWERS_COUNT = 64
# Cassettes larger than this have their market's index kept beside them, in a file: unpacked they
# are about ten times as large, and reading them through takes seconds.
MARKET_IN_MEMORY_BYTES = 24 * MIB
# Sums of parts of a second that are kept: windows move on, and candles of a shifted grid cut the
# same seconds again and again, 1,500 of them in the longest answer.
SPLIT_SECONDS_MAX = 4096

# ---- faults
# Durations in a plan: tapes are days long, and a sum of some must stay below flow.NEVER_NS.
FAULT_DURATION_NS_MAX = 365 * 86_400 * 1_000_000_000
# Sizes and rates in a plan: a terabyte a second is as good as no limit.
FAULT_RATE_BYTES_MAX = 10**12
# Copies of a message, messages that overtake it, frames it is cut into: beyond it nobody looks.
FAULT_COUNT_MAX = 10_000
# Pieces that arrive of one message.
SLICES_MAX = 4096
# What messages are blown up to, all in all on one link: a dozen that no client takes.
OVERSIZE_BYTES_MAX = 128 * MIB
# A plan's text: rules are lines that people write, or a program does for them.
FAULT_PLAN_BYTES_MAX = 1 * MIB
# A rule on a command line: some attributes, and a body in quotes.
FAULT_SHORTHAND_CHARACTERS_MAX = 4096
# Rules of a plan: each is asked for every message that it may act on.
FAULT_RULES_MAX = 256
# Numbers of messages that one rule names.
FAULT_NTH_MAX = 1024
# The number of a message or request, in any count of a plan: JSON's integers end here.
FAULT_NUMBER_MAX = (1 << 53) - 1

# ---- faults
# Runs of messages that a fault log holds, about 200 bytes each: every tenth message of a million.
FAULT_RUNS_MAX = 1 << 17
# Trails (a rule on a link) of a fault log: a thousand reconnects under ten rules.
FAULT_TRAILS_MAX = 1 << 14
# Runs of messages told by one entry of a transcript, which is read by people.
FAULT_ENTRY_RUNS_MAX = 256
# Turns of a session that a run file tells in one entry: some seconds of a busy market.
RUN_TURNS_MAX = 1024
# Bytes that one flush of a run file unpacks to, and one line of it: a body, escaped, with room.
RUN_BLOCK_BYTES_MAX = 128 * MIB
# What waits to be written into a run file; beyond it the run waits for the disk.
RUN_BATCHES_MAX = 32

# Requests and answers on their way at once: as many as there may be connections, and WS-API
# requests on each. Above that toxics delay none.
ROUND_TRIPS_MAX = 1 << 16
# Clients whose requests are counted: each is known by its address, or by a name.
REQUEST_LINKS_MAX = 1 << 12
# How long a client waits for an answer that never comes, and how many do at once; then they are
# cut off. Clients' own timeouts are seconds to minutes.
UNANSWERED_S = 3600.0
UNANSWERED_MAX = 4096
# A body that comes at a rate is written in pieces of at most this size, so that the rate is even.
BODY_SLICE_BYTES = 4 * KIB

# ---- shocks
# Steps of a price in one ramp: each says the whole book again, some 100 KB.
SHOCK_STEPS_MAX = 600
# Differences that are told otherwise, packed: about 200 bytes each, ten of them a second a symbol,
# so that a shock of hours fits.
SHOCK_BYTES_MAX = 256 * MIB
# Trades of one symbol that its candles may add up: a busy day has about a million, and each takes
# about 300 bytes.
SHOCK_TRADES_MAX = 4_000_000
# What is told of a time comes no later than so long after it.
SHOCK_LATE_NS = 60_000_000_000
