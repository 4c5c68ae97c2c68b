"""Binance: Spot and USDⓈ-M futures."""
