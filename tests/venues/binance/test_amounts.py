import pytest

from replayx.venues.binance import amounts


@pytest.mark.parametrize(
    ("price", "quantity", "expected"),
    [
        # Observed, spot 2023-02 and 2017, USDⓈ-M 2020-10 and 2023-07, Binance.US 2019-09.
        ("0.07011600", "0.30930000", "0.02168687"),
        ("0.08000000", "0.30800000", "0.02464000"),
        ("11494.06", "0.007", "80.45"),
        ("30114.70", "0.002", "60.22"),
        ("10170.00", "0.00200000", "20.34"),
        ("0.03529", "3", "0.10587"),
        ("29122.5", "0.004", "116.49"),
    ],
)
def test_amounts_are_cut(price, quantity, expected):
    assert amounts.amount(price, quantity) == expected


@pytest.mark.parametrize(
    ("quote", "volume", "price", "expected"),
    [
        # Observed 2022-05 on spot and USDⓈ-M.
        ("840180761.51358100", "471703.53110000", "1792.84000000", "1781.16275609"),
        ("7187.23459814", "116854.45230000", "0.06150300", "0.06150587"),
        ("30433679.16", "1047.859", "29122.5", "29043.7"),
        ("5019757418.36", "173254.241", "29093.90", "28973.36"),
        ("0.00", "0.000", "1.00", "0.00"),
    ],
)
def test_averages_are_rounded(quote, volume, price, expected):
    assert amounts.average(quote, volume, price) == expected


@pytest.mark.parametrize(
    ("last", "first", "change", "percent"),
    [
        ("1792.84000000", "1764.61000000", "28.23000000", "1.600"),
        ("0.06150300", "0.06118800", "0.00031500", "0.515"),
        ("47028.59", "47184.22", "-155.63", "-0.330"),
        ("1.0", "1.0", "0.0", "0.000"),
        ("99999.99", "100000.00", "-0.01", "0.000"),
        ("1", "0", "1", "0.000"),
    ],
)
def test_changes(last, first, change, percent):
    assert amounts.difference(last, first) == change
    assert amounts.percentage(last, first) == percent


def test_padding():
    assert amounts.zero("0.10") == "0.00"
    assert amounts.cut("1.239", 2) == "1.23"
    assert amounts.cut("1", 2) == "1.00"
    assert [amounts.amount_places(text) for text in ("1", "1.0", "1.00000")] == [2, 2, 5]
