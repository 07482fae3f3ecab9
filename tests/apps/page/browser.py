"""A page in a headless browser, and what every page of Carousel promises. Used by the test of each page."""

import json
import tempfile
import time
import unittest
from pathlib import Path

from carousel_test import need, need_program, soon

need("selenium")
BROWSER = need_program("chromium", "chromium-browser", "google-chrome")
DRIVER = need_program("chromedriver")

from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

OPTIONS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()


class Page:
    """One page at a time. Every function answers for the page that show() opened last."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="carousel-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = BROWSER
        for option in (*OPTIONS, f"--user-data-dir={self.profile.name}"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))

    def close(self):
        self.driver.quit()
        self.profile.cleanup()

    def show(self, path, width=1280, height=900, dark=False):
        """Opens the file and waits until every chart is drawn."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.driver.get_log("browser"), self.driver.get_log("performance")
        self.driver.get(Path(path).resolve().as_uri())
        if not soon(lambda: self.run("return document.documentElement.dataset.ready") == "true"):
            raise AssertionError(f"the charts were not drawn: {self.messages()}")

    def run(self, script, *values):
        return self.driver.execute_script(script, *values)

    def messages(self):
        """What the browser wrote to its console."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Addresses the page asked for, apart from files and data inside it."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated"):
                address = message["params"].get("request", message["params"])["url"]
                if not address.startswith(("file:", "data:")):
                    found.append(address)
        return found

    def files(self):
        """Files the page asked for."""
        names = self.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
        return [name for name in names if name.startswith("file:")]

    def charts(self):
        return self.driver.find_elements(By.CSS_SELECTOR, "figure.card")

    def marks(self, chart):
        """How much of its data a chart has drawn, axes and texts not counted: shapes in a series' colour (SVG), or the share
        of colourful dots in % (canvas)."""
        return self.run(
            """
            const plot = arguments[0].querySelector('.chart'), canvas = plot.querySelector('canvas');
            if (canvas) {
              const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
              let colourful = 0;
              for (let i = 0; i < data.length; i += 4)
                if (Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 40) ++colourful;
              return 100 * colourful / (canvas.width * canvas.height);
            }
            const probe = document.body.appendChild(document.createElement('i')), colours = new Set();
            for (let i = 0; i < 8; ++i) {
              probe.style.color = `var(--series-${i})`;
              colours.add(getComputedStyle(probe).color);
            }
            probe.remove();
            return [...plot.querySelectorAll('svg path, svg circle, svg polyline')].filter((shape) => {
              const style = getComputedStyle(shape), box = shape.getBoundingClientRect();
              return (colours.has(style.stroke) || colours.has(style.fill)) && box.width + box.height > 2;
            }).length;""",
            chart,
        )

    def hover(self, chart, across=0.5, down=0.5):
        """The text of the tooltip when the pointer stands at that share of the plot's width and height."""
        plot = chart.find_element(By.CSS_SELECTOR, ".chart")
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", plot)
        place = self.run("const r = arguments[0].getBoundingClientRect(); return [r.x, r.y, r.width, r.height]", plot)
        x, y = place[0] + across * place[2], place[1] + down * place[3]
        for offset in (3, 0):
            self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": x - offset, "y": y})
        return self.tooltip(chart)

    def click(self, element):
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element)
        element.click()

    def press(self, chart, *keys):
        """The text of the tooltip after these keys."""
        plot = chart.find_element(By.CSS_SELECTOR, ".chart")
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'}); arguments[0].focus()", plot)
        plot.send_keys(*keys)
        return self.tooltip(chart)

    def tooltip(self, chart):
        for _ in range(400):
            text = self.run(
                """const tip = arguments[0].querySelector('.tip');
                return tip && getComputedStyle(tip.parentElement).opacity > 0 && getComputedStyle(tip.parentElement).visibility !== 'hidden'
                    ? tip.innerText : ''""",
                chart,
            )
            if text:
                return text
            time.sleep(0.025)
        return ""

    def colours(self):
        """The page's ground, and the text of the first chart's axis."""
        return self.run("""return [getComputedStyle(document.body).backgroundColor,
            getComputedStyle(document.querySelector('.chart svg text') ?? document.body).fill]""")

    def overflow(self):
        """By how many pixels the page is wider than the window."""
        return self.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")


class BrowserTest(unittest.TestCase):
    """A test of the page at `path`, which its class sets."""

    path = None
    page = None

    @classmethod
    def setUpClass(cls):
        if BrowserTest.page is None:  # one browser for all classes: to start one takes longer than most tests
            BrowserTest.page = Page()
            unittest.addModuleCleanup(BrowserTest.page.close)


class PageTest(BrowserTest):
    """What every page promises; a test of a page derives from it and adds what is its own. Import the module rather than
    this class, or it is run by itself."""

    def test_there_is_no_error_and_no_request_leaves_the_page(self):
        self.page.show(self.path)
        self.assertEqual(self.page.messages(), [])
        self.assertEqual(self.page.requests(), [])
        self.assertEqual(self.page.files(), [])

    def test_every_chart_draws_marks_and_has_a_title_and_a_sentence(self):
        self.page.show(self.path)
        self.assertGreater(len(self.page.charts()), 0)
        for chart in self.page.charts():
            title = chart.find_element(By.TAG_NAME, "h3").text
            kind = chart.get_attribute("class").split()[-1]
            self.assertGreaterEqual(self.page.marks(chart), {"heat": 10, "plane": 16}.get(kind, 1), title)
            self.assertTrue(title)
            self.assertRegex(chart.find_element(By.CSS_SELECTOR, ".how").text, r"\w.*\.$", title)

    def test_pointer_and_keys_show_values(self):
        self.page.show(self.path)
        for chart in self.page.charts():
            title = chart.find_element(By.TAG_NAME, "h3").text
            if "plane" not in chart.get_attribute("class"):  # where the pointer has to meet a point
                self.assertRegex(self.page.hover(chart), r"\d", title)
            self.assertRegex(self.page.press(chart, Keys.END), r"\d", title)

    def test_dark_differs_from_light_by_system_and_by_button(self):
        self.page.show(self.path)
        light = self.page.colours()
        self.page.show(self.path, dark=True)
        by_system = self.page.colours()
        self.page.show(self.path)
        self.page.driver.find_element(By.ID, "theme").click()
        self.assertTrue(soon(lambda: self.page.colours() == by_system), by_system)  # drawn in the next frame
        for one, other in zip(light, by_system):
            self.assertNotEqual(one, other)

    def test_nothing_is_wider_than_a_telephone(self):
        self.page.show(self.path, width=380)
        self.assertEqual(self.page.overflow(), 0)
        for chart in self.page.charts():
            inside = self.page.run(
                """const plot = arguments[0].querySelector('.chart'), drawn = plot.querySelector('svg, canvas');
                return drawn.getBoundingClientRect().width - plot.clientWidth""",
                chart,
            )
            self.assertLessEqual(inside, 1)
