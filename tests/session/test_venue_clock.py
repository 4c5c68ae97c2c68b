from replayx.session.venue_clock import VenueClock


def test_it_is_the_position_with_the_offset_and_the_shift():
    assert VenueClock().ms(1_999_999) == 1
    assert VenueClock(1).ms(1_999_999) == 2
    assert VenueClock(-2_000_000, shift_ms=10).ms(5_000_000) == 13
