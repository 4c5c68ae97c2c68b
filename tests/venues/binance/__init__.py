"""Tests of the Binance venues."""
