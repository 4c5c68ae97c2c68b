"""Rate limits: windows that count, buckets, bans; on given time, for any venue's rules."""
