"""The page in a real browser: it runs, is filtered, read on a phone and by keyboard, and prints."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from neurospine import write_report

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium, chromedriver")

SIZES = {"desk": (1280, 900), "phone": (360, 740)}
#: Ratios of luminance that can be read (WCAG 2.2), of texts and of lines.
TEXT, LINE = 4.5, 3.0
CONTROLS = "a[href], button, input, select, summary, [tabindex='0']"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("--headless=new", "--no-sandbox", "--window-size=1280,900"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def page(living_file: Path, folder: Path) -> Path:
    return write_report(living_file, folder / "seen.html")


@pytest.fixture(scope="module")
def both(living_file: Path, dopamine_file: Path, folder: Path) -> Path:
    return write_report([living_file, dopamine_file], folder / "both.html")


def look(browser: Any, page: Path, size: str = "desk", scheme: str = "light") -> None:
    """Open a page anew."""
    width, height = SIZES[size]
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone"},
    )
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(page.as_uri())


def figure(browser: Any, kind: str) -> Any:
    return browser.find_element("css selector", f"figure[data-kind={kind}]")


def control(place: Any, label: str) -> Any:
    path = f".//label[span[starts-with(., '{label}')]]//*[self::select or self::input]"
    return place.find_element("xpath", path)


def choose(place: Any, label: str, text: str) -> None:
    from selenium.webdriver.support.select import Select

    Select(control(place, label)).select_by_visible_text(text)


def lines(place: Any) -> set[int]:
    drawn = place.parent.execute_script(
        "return [...arguments[0].querySelectorAll('g[data-slot]')].map((e) => e.dataset.slot)",
        place,
    )
    return set(map(int, drawn))


def said(place: Any) -> str:
    return str(place.find_element("css selector", ".said").text)


def test_it_loads_without_errors_and_asks_for_nothing(browser: Any, both: Path) -> None:
    look(browser, both)
    drawings = browser.find_elements("css selector", "figure[data-kind] svg.plot")
    figures = browser.find_elements("css selector", "figure[data-kind]")
    assert len(drawings) == len(figures) == 12
    assert browser.get_log("browser") == []
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    asked = re.findall(
        r'"url":"([a-z]+):', " ".join(e["message"] for e in browser.get_log("performance"))
    )
    assert set(asked) <= {"file", "data"}
    refused = browser.execute_async_script(
        "const done = arguments[0];"
        "addEventListener('securitypolicyviolation', (e) => done(e.effectiveDirective));"
        "fetch('https://example.org').catch(() => {});"
    )
    assert refused == "connect-src"


def test_filters_change_what_is_drawn(browser: Any, page: Path, living: Any) -> None:
    look(browser, page)
    place = figure(browser, "trajectories")
    contacts = living.trajectory.contacts["spines"]
    every = lines(place)
    assert len(every) == 200
    assert said(place).startswith("200 of 200 spines")
    choose(place, "Born or lost", "lost meanwhile")
    lost = set(contacts.loc[contacts["death"].notna(), "slot"]) & every
    assert lines(place) == lost
    choose(place, "Condition", "interval -10 ms")
    assert lines(place) == {slot for slot in lost if slot < 120}
    choose(place, "Stage at the end", "absent")
    stage = living.trajectory.spines["spines"]["stage"].values[-1]
    assert lines(place) == {slot for slot in lost if slot < 120 and stage[slot] == 0}
    for label in ("Born or lost", "Stage at the end"):
        choose(place, label, "any")
    slots = control(place, "Slots")
    slots.send_keys("3, 10-20")
    assert lines(place) == {3, *range(10, 21)} & every
    slots.send_keys(" x")
    assert slots.get_attribute("aria-invalid") == "true"
    assert "such as 3, 10-20" in said(place)


def test_a_spine_is_looked_at_by_choice_or_by_click(browser: Any, page: Path, living: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    look(browser, page)
    place = figure(browser, "trajectories")
    contacts = living.trajectory.contacts["spines"]
    drawn = lines(place)
    slot = next(s for s in contacts.loc[contacts["death"].notna(), "slot"] if s in drawn)
    control(place, "Slots").send_keys(str(slot))
    line = place.find_element("css selector", f"g[data-slot='{slot}'] path")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", place)
    x, y = browser.execute_script(
        "const p = arguments[0].getPointAtLength(1);"
        "const box = arguments[0].ownerSVGElement.getBoundingClientRect();"
        "return [Math.round(box.left + p.x), Math.round(box.top + p.y)];",
        line,
    )
    actions = ActionChains(browser)
    actions.w3c_actions.pointer_action.move_to_location(x, y).click()
    actions.perform()
    death = contacts.loc[contacts["slot"] == slot, "death"].iloc[0]
    assert f"Slot {slot} (" in said(place)
    assert f"there at the start, lost at {death / 86400:.4g} days" in said(place)
    assert place.find_elements("css selector", "path.chosen")
    choose(place, "Spine to look at", "none")
    assert "Slot" not in said(place)


def test_the_slider_goes_through_the_snapshots(browser: Any, page: Path, living: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    look(browser, page)
    place = figure(browser, "sizes")
    number = (living.trajectory.spines["spines"]["stage"].values > 0).sum(axis=1)
    assert f"{number[-1]} spines" in said(place)
    slider = control(place, "Time")
    slider.send_keys(Keys.ARROW_LEFT)
    assert f"{number[-2]} spines" in said(place)
    slider.send_keys(Keys.HOME)
    assert f"{number[0]} spines" in said(place)


def test_everything_is_reached_by_keyboard(browser: Any, page: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait

    look(browser, page)
    shown = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])]"
        ".filter((e) => e.checkVisibility()).length",
        CONTROLS,
    )
    assert shown > 60
    browser.execute_script("addEventListener('focusin', (e) => { e.target.dataset.seen = 1; })")
    ActionChains(browser, duration=0).send_keys(Keys.TAB * (shown + 1)).perform()
    left = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility()"
        " && !e.dataset.seen).map((e) => e.outerHTML.slice(0, 80))",
        CONTROLS,
    )
    assert left == []
    unnamed = browser.execute_script(
        "return [...document.querySelectorAll('input, select')]"
        ".filter((e) => !e.labels.length).length"
    )
    assert unnamed == 0
    place = figure(browser, "survival")
    summary = place.find_element("css selector", "summary")
    summary.send_keys(Keys.ENTER)

    def rows(_: Any) -> list[Any]:  # filled soon after it has opened
        return list(place.find_elements("css selector", "tbody tr"))

    assert len(WebDriverWait(browser, 20).until(rows)) == 2 * 61
    control(place, "Condition").send_keys(Keys.ARROW_DOWN)
    assert len(rows(browser)) == 61


def test_it_fits_a_phone(browser: Any, both: Path) -> None:
    look(browser, both, "phone")
    browser.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")
    wide = "return document.documentElement.scrollWidth"
    assert browser.execute_script(wide) <= SIZES["phone"][0]
    texts = browser.execute_script(
        "return [...document.querySelectorAll('svg.plot')].map((e) =>"
        " e.getBoundingClientRect().width / e.viewBox.baseVal.width)"
    )
    assert min(texts) > 0.99  # drawings are made for the width, not made small


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(browser: Any, page: Path, scheme: str) -> None:
    look(browser, page, scheme=scheme)

    words = ["--ink", "--soft", "--accent", "--met", "--near", "--miss"]
    marks = [f"--c{k}" for k in range(6)] + [f"--r{k}" for k in range(8)]
    colours = browser.execute_script(
        "const style = getComputedStyle(document.documentElement);"
        "return Object.fromEntries(arguments[0].map((n) => [n, style.getPropertyValue(n).trim()]))",
        [*words, *marks, "--page", "--paper"],
    )
    bright = {name: luminance(colour) for name, colour in colours.items()}
    for below in ("--page", "--paper"):
        assert (bright[below] > 0.5) == (scheme == "light")
        for names, least in ((words, TEXT), (marks, LINE)):
            for name in names:
                low, high = sorted([bright[name], bright[below]])
                assert (high + 0.05) / (low + 0.05) >= least, (name, below)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour such as #0072b2."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_it_prints_with_all_sections_open(browser: Any, page: Path) -> None:
    look(browser, page)
    browser.execute_script(
        "addEventListener('beforeprint', () => { document.body.dataset.printed ="
        " document.querySelectorAll('details.part:not([open])').length; })"
    )
    made = browser.execute_cdp_cmd("Page.printToPDF", {"generateDocumentOutline": True})
    pdf = base64.b64decode(made["data"])
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 3
    for title in (b"What was run", b"Scorecard", b"Survival", b"Parameters", b"Sources"):
        assert b"(" + title + b")" in pdf, title
    assert browser.execute_script("return document.body.dataset.printed") == "0"
    assert browser.find_elements("css selector", "details.part:not([open])")  # as before
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    for hidden in ("nav", ".controls", ".save", "summary"):
        shown = [e.is_displayed() for e in browser.find_elements("css selector", hidden)]
        assert shown
        assert not any(shown)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_figures_can_be_saved(browser: Any, page: Path) -> None:
    look(browser, page, scheme="dark")
    browser.execute_script(
        "URL.createObjectURL = (blob) => { blob.text().then((t) => { window.saved = t; });"
        " return '#'; }"
    )
    for place in browser.find_elements("css selector", "figure[data-kind]"):
        drawing, table = (
            _saved(browser, button)
            for button in place.find_elements("css selector", ".save button")
        )
        root = ElementTree.fromstring(drawing)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "var(" not in drawing
        assert "class=" not in drawing
        assert root[0].get("fill") == "#ffffff"
        text = root.find(".//{http://www.w3.org/2000/svg}text")
        assert text is not None
        assert text.get("fill") in ("rgb(27, 37, 48)", "rgb(86, 98, 111)")  # as on light pages
        head, *rows = table.splitlines()
        assert rows
        assert all(row.count(",") >= head.count(",") for row in rows)


def _saved(browser: Any, button: Any) -> str:
    browser.execute_script("window.saved = null; arguments[0].click()", button)
    return str(
        browser.execute_async_script(
            "const done = arguments[0];"
            "const look = () => window.saved === null ? setTimeout(look, 5) : done(window.saved);"
            "look();"
        )
    )


def test_one_run_of_several_is_chosen(browser: Any, both: Path) -> None:
    from selenium.webdriver.support.select import Select

    look(browser, both)
    chooser = browser.find_element("css selector", ".chooser select")
    runs = browser.find_elements("css selector", "section.run")
    Select(chooser).select_by_visible_text("burst")
    assert [run.is_displayed() for run in runs] == [False, True]
    Select(chooser).select_by_visible_text("all runs")
    assert [run.is_displayed() for run in runs] == [True, True]
    table = runs[0].find_element("css selector", "table.filtered")
    field = runs[0].find_element("css selector", ".filter input")
    field.send_keys("tau plus")
    rows = [r for r in table.find_elements("css selector", "tbody tr") if r.is_displayed()]
    assert len(rows) == 1
    assert "tau_plus" in rows[0].text
