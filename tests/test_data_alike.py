"""Near-identical texts meet whatever their figures and spelling; others do not."""

import pytest

from data.alike import alike, groups_of, keys_of
from data.corpus import load_corpus

LONG = "Vòng ngà voi thật, chạm tay, màu vàng óng, để lại cho người có duyên, ship toàn quốc"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((LONG, "gọi 0900 000 123"), (LONG, "gọi 0900 000 999")),
        ((LONG, "giá 2.500.000đ"), (LONG.upper(), "🐘🐘 giá 3tr5")),
        (
            ("出象牙手串", "老料，包浆好，加微信 demo_0101"),
            ("出象牙手串！", "老料包浆好。加微信：demo_0202"),
        ),
        ((LONG, "còn 3 chiếc"), (LONG + " nhé", "còn 2 chiếc ạ")),
        (("ขายกระดูกเสือแท้ 500 บาท", ""), ("ขายกระดูกเสือแท้ 900 บาท", "")),
    ],
)
def test_another_price_number_or_emoji_makes_no_new_text(one, other):
    assert alike(keys_of(*one), keys_of(*other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((LONG, ""), ("Ghế gỗ sân vườn", "hai cái, còn mới, để lại cho người cần")),
        (("象牙手串", "老料"), ("橄榄核手串", "老料")),
        (("", ""), ("", "")),
        (("123", "456"), ("123", "456")),
    ],
)
def test_other_texts_and_texts_without_letters_are_not_alike(one, other):
    assert not alike(keys_of(*one), keys_of(*other))


def test_the_keys_are_the_same_on_every_machine():
    assert keys_of("Ivory bangle")[:2] == (-4648425486294465913, -8550350677056643398)


def test_hand_written_corpus_texts_are_hardly_ever_alike():
    rows = [row for row in load_corpus() if row.lang in {"vi", "zh-Hans"}]
    groups = groups_of([keys_of(row.title, row.description) for row in rows])
    assert len(set(groups)) >= 0.995 * len(rows)


def test_groups_join_by_others_and_thousands_of_repeats_stay_quick():
    spam = keys_of(LONG)
    assert groups_of([spam] * 3000 + [keys_of("Garden chair")]) == [0] * 3000 + [3000]
