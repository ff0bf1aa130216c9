"""Check the links of built pages: ``python tools/check_links.py build/docs``.

Every link within the pages has to lead to a file and a place that are there, and no page may ask
the network for anything. Addresses elsewhere have to be https; they are not visited.
"""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: What a browser fetches without being asked.
_FETCHED = {("img", "src"), ("script", "src"), ("link", "href"), ("source", "src")}
#: Made by the theme, without content of its own.
_MADE = {"search.html", "genindex.html"}


class Page(HTMLParser):
    """The links of a page, and the places that links may lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str, str]] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            elif name in ("href", "src") and value:
                self.links.append((tag, name, value))


def problems(folder: Path) -> Iterator[str]:
    """Yield what is wrong, a line each."""
    pages = {path.resolve(): Page(path.read_text()) for path in folder.rglob("*.html")}
    if not pages:
        yield f"{folder}: there are no pages"
    for path, page in pages.items():
        for tag, name, link in page.links:
            wrong = _wrong(path, (tag, name), link, pages)
            if wrong:
                yield f"{path.relative_to(folder.resolve())}: {link}: {wrong}"


def _wrong(path: Path, where: tuple[str, str], link: str, pages: dict[Path, Page]) -> str:
    """Return what is wrong with a link of a page, or nothing."""
    parts = urlsplit(link)
    if parts.scheme == "data":
        return ""
    if parts.scheme or parts.netloc:
        if where in _FETCHED:
            return "the page asks the network for it"
        return "" if parts.scheme == "https" and "." in parts.netloc else "no https address"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.exists():
        return "no such file"
    place = unquote(parts.fragment)
    made = target.name in _MADE
    if place and target in pages and not made and place not in pages[target].places:
        return "no such place in it"
    return ""


if __name__ == "__main__":
    found = list(problems(Path(sys.argv[1])))
    print("\n".join(found) or "all links lead somewhere")
    sys.exit(1 if found else 0)
