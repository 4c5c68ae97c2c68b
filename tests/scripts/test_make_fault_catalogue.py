from scripts.make_fault_catalogue import TARGET, written


def test_the_catalogue_is_as_it_is_now():
    text = TARGET.read_text()
    assert written(text) == text, "run scripts/make_fault_catalogue.py"
