import pytest

from classifier.language import detect


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("出售二手自行车，有意私聊", "zh-Hans"),
        ("賣二手腳踏車，請私訊", "zh-Hant"),
        ("Bán xe đạp cũ còn tốt", "vi"),
        ("ban xe dap cu con tot, gia re lien he minh nhe", "vi"),
        ("ขายจักรยานมือสอง line: demo", "th"),
        ("លក់កង់ចាស់", "km"),
        ("ຂາຍລົດຖີບ", "lo"),
        ("စက်ဘီးရောင်းမည်", "my"),
        ("nak jual basikal terpakai, boleh wasap", "ms"),
        ("dijual sepeda bekas mulus, minat japri gan", "id"),
        ("old bicycle for sale, good tyres", "en"),
        ("12345 !!!", "und"),
        ("", "und"),
        ("自転車をうります、きれいです", "und"),
    ],
)
def test_languages(text, lang):
    assert detect(text) == lang
