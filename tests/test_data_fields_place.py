from data.fields.place import parse_place


def test_labels_and_clutter_go():
    assert parse_place(" 地点：广东 广州 · ") == "广东 广州"
    assert parse_place("Kuala Lumpur") == "Kuala Lumpur"
    assert parse_place(" | ") == ""
