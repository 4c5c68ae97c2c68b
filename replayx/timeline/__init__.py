"""The tape as time sees it: sources merged under one total order, views of it, the playhead."""
