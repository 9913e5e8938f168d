"""`faunawatch platform import`: what a person brings is stored, mistakes are printed by line."""

from pathlib import Path

from data.home import HomeKind
from data.listings import Listing
from data.store import open_store, sqlite_url
from tests.crawling import rows
from tests.test_faunawatch_cli import run

SHEET = "ลิงก์,หัวข้อ,ราคา\nhttps://shop.example/product/1,กล่องไม้,1500 บาท\n,หาย,\n"


def test_a_sheet_is_imported_by_command(tmp_path: Path):
    database = sqlite_url(tmp_path / "faunawatch.sqlite")
    open_store(database, kind=HomeKind.REAL).close()
    sheet = tmp_path / "tips.csv"
    sheet.write_bytes(SHEET.encode("cp874"))
    # The shipped example reads Malay and English; this team copied it for a Thai shop.
    shipped = Path(__file__).parents[1] / "data/reference/platforms/generic-shop.toml"
    own = tmp_path / "platforms/our-group.toml"
    own.parent.mkdir()
    text = shipped.read_text("utf-8").replace('id = "generic-shop"', 'id = "our-group"')
    own.write_text(text.replace('["ms", "en"]', '["th"]'), "utf-8")
    done = run(tmp_path, "platform", "import", "our-group", str(sheet))
    assert done.returncode == 1, done.stderr
    assert "read 1 listings from tips.csv; 1 lines or pages" in done.stdout.decode()
    assert done.stderr.decode().startswith("tips.csv:3: url: has neither an address nor an id")
    store = open_store(database, kind=HomeKind.REAL)
    assert [row.title for row in rows(store, Listing)] == ["กล่องไม้"]
    store.close()
    assert run(tmp_path, "platform", "import", "no-such", str(sheet)).returncode != 0
    assert run(tmp_path, "platform", "import", "our-group", "missing.csv").returncode != 0
