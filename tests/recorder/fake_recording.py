"""A recording that only remembers, for the parts that write into one."""


class FakeRecording:
    """Takes messages and events in order, at times the test sets."""

    market = "binance-spot"

    def __init__(self):
        self.now_ns = 1_000
        self.entries = []
        self.live = {}
        self.attached = []

    def stamp(self):
        return self.now_ns

    def connection(self):
        return 7

    def opened(self, connection, event):
        self.live[connection] = event
        self.add(event)

    def ended(self, connection):
        self.live.pop(connection, None)

    def message(self, connection, carried, payload, *, at_ns, opcode=1):
        self.entries.append((carried.name, payload))

    def add(self, make, *, at_ns=None):
        self.entries.append(make(0, self.now_ns if at_ns is None else at_ns))

    def attach(self, reader):
        self.attached.append(reader)

    def detach(self, reader):
        self.attached.remove(reader)

    async def room(self):
        return
