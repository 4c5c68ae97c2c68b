"""Faults: toxics on links, requests and handshakes; plans that say which, where and when."""
