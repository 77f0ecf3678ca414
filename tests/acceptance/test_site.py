"""The pages of docs/ are built without a warning: no dead link, no page that no list names, nothing from elsewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
FORMS = {"model-card.md"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    run = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    arguments = ["-d", str(folder / "doctrees"), str(DOCS), str(folder / "html")]
    built = subprocess.run([*run, *arguments], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder / "html"


def test_every_page_is_there_and_in_the_contents(site: Path):
    contents = (site / "index.html").read_text()
    pages = [page.relative_to(DOCS).with_suffix(".html") for page in DOCS.rglob("*.md") if page.name not in FORMS]
    assert len(pages) >= 19
    for page in pages:
        assert (site / page).exists()
        assert page.name == "index.html" or f'href="{page.as_posix()}"' in contents


def test_the_model_card_has_its_figures(site: Path):
    card = (site / "model.html").read_text()
    assert "places_ab_mse" in card
    assert "{metrics}" not in card


def test_links_between_pages_have_a_target(site: Path):
    for page in site.rglob("*.html"):
        for target in re.findall(r'href="([^"#:]+\.html)', page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_nothing_is_loaded_from_elsewhere(site: Path):
    for page in site.rglob("*.html"):
        loaded = re.findall(r'<(?:script|img|link)[^>]*(?:src|href)="(?:https?:)?//[^"]+"', page.read_text())
        assert loaded == [], page.name
