"""The planner's page, in a real browser: its numbers are the library's, and people can use it."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from tests.browser import CHROMIUM, Browser
from w2slens import Problem, cli, forecast, plan, predict
from w2slens._core.format import number
from w2slens.advise.together import PosteriorRisks
from w2slens.features.digits import digits
from w2slens.models.risks import MODELS
from w2slens.report.planner import is_canonical, planner
from w2slens.theory.population import Population, population_of

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to open pages with"),
    pytest.mark.filterwarnings("ignore::w2slens.UndefinedRatioWarning"),
]

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "src" / "w2slens" / "report" / "templates" / "planner"
KNOWN = {"d_w": 40, "d_s": 60, "d_sw": 10, "noise": 1, "rho_w": 0.02, "rho_s": 0.01, "signal": 1}
N_LABELS = [2, 3, 19, 20, 21, 22, 40, 41, 42, 43, 60, 61, 62, 100, 999, 30_000]
N_POOL = [1, 2, 20, 40, 41, 60, 61, 62, 63, 500, 20_000, 10_000_000]
RIDGES = [
    ("auto", "auto"),
    (0, 0),
    (0.1, "auto"),
    ("auto", 0.03),
    (0, "auto"),
    (0.1, 0),
    (1e-6, 10),
]
REDRAW, BURST = 50, 5  # milliseconds of a redraw; redraws that are timed together
ROUNDING = 1e-6  # share of the largest risk of a grid below which the others have fewer digits
WITHOUT_NOISE = 1e-2  # the same where the least risks are 0 but for the rounding of E f*²


@pytest.fixture(scope="module")
def browser():
    with Browser() as one:
        yield one


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages by name, as the command writes them, with what they are of."""
    folder = tmp_path_factory.mktemp("pages")
    weak, strong, y = digits()
    order = np.random.default_rng(0).permutation(len(y))
    weak, strong, y = weak[order], strong[order], y[order]
    found = forecast(weak, strong, y[:100], task="classification")
    pair = Problem.gaussian(**KNOWN)
    least = Problem.gaussian(d_w=1, d_s=1, d_sw=1, noise=0.0, signal=1.0)
    silent = Problem.gaussian(d_w=30, d_s=20, d_sw=2.5, noise=1.0, rho_w=0.1, rho_s=0.2)
    described = {"forecast": found, "dimensions": pair, "smallest": least, "silent": silent}
    for name, known in described.items():
        (folder / f"{name}.html").write_text(planner(known), encoding="utf-8")
    return folder, {"forecast": population_of(found), "dimensions": Population(pair)}


@pytest.fixture
def page(browser, pages):
    """Open the page of dimensions anew."""
    browser.look(1280)
    return browser.open(pages[0] / "dimensions.html")


def differ(browser, pair, known, ridges, intercept, factors=None):
    """Largest difference of risks and PGR, as a share of them, between a page and `predict`."""
    asked = {"ridge_weak": ridges[0], "ridge_strong": ridges[1], "one": int(intercept)}
    asked["factors"] = factors or dict.fromkeys(MODELS, 1)
    found = browser.ask(
        f"""(() => {{
          const models = new Models({pair}, planner.state.candidates).asked({json.dumps(asked)});
          return {N_LABELS}.map((n) => {N_POOL}.map((N) => {{
            const risks = models.risks(n, N);
            return [...MODELS.map((name) => risks[name]), pgr(risks), opr(risks)]
              .map((value) => (Number.isFinite(value) ? value : null));
          }}));
        }})()"""
    )
    risks = predict(
        known,
        n=N_LABELS,
        N=N_POOL,
        ridge_weak=ridges[0],
        ridge_strong=ridges[1],
        intercept=intercept,
    )
    grids = [*(getattr(risks, name) for name in MODELS), *risks.quiet_ratios()]
    mine, theirs = np.array(found, float), np.stack(grids, axis=-1)
    assert np.array_equal(np.isnan(mine[..., :4]), np.isnan(theirs[..., :4]))
    problem = population_of(known).problem
    least = problem.noise + min(problem.rho_w, problem.rho_s)
    share = ROUNDING if least > 1e-9 * problem.energy else WITHOUT_NOISE
    rounding = share * np.nanmax(theirs[..., :4], initial=1e-300)
    risks = np.abs(mine - theirs)[..., :4] / (np.abs(theirs[..., :4]) + rounding)
    gaps = np.abs(grids[0] - grids[3]) > share * np.abs(grids[0]) + rounding
    pgr = np.abs(mine - theirs)[..., 4][gaps] / np.maximum(np.abs(theirs[..., 4][gaps]), 1)
    return max(np.nanmax(risks, initial=0), np.nanmax(pgr, initial=0))


def random_settings(rng):
    d_w, d_s = (int(size) for size in rng.integers(1, 60, 2))
    most = min(d_w, d_s)
    shared = [0, most, int(rng.integers(0, most + 1)), rng.uniform(0, most), most - 0.4]
    return {
        "d_w": d_w,
        "d_s": d_s,
        "d_sw": float(rng.choice(shared)),
        "noise": float(rng.choice([0, 0.1, 1])),
        "rho_w": float(rng.choice([0, 0.02, 0.5])),
        "rho_s": float(rng.choice([0, 0.01, 0.5])),
        "signal": float(rng.choice([0, 1, 3])),
    }


@pytest.mark.parametrize("seed", range(6))
def test_risks_of_dimensions_are_those_of_the_library(page, seed):
    """Any dimensions: n and N on both sides of d_w and d_s, every kind of ridge, and edges."""
    rng = np.random.default_rng(seed)
    for _ in range(6):
        settings = page.ask(f"possible({json.dumps(random_settings(rng))}).found")
        pair = Problem.gaussian(**settings)  # what the page moves to is never refused
        for ridges in RIDGES:
            intercept = bool(rng.integers(2))
            said = f"canonical({json.dumps(settings)})"
            assert differ(page, said, pair, ridges, intercept) < 1e-6, (settings, ridges)


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("ridges", RIDGES, ids=str)
def test_risks_of_a_forecast_are_those_of_the_library(browser, pages, ridges, intercept):
    folder, known = pages
    browser.open(folder / "forecast.html")
    factors = known["forecast"].factors._asdict()
    found = differ(browser, "planner.own", known["forecast"], ridges, intercept, factors)
    assert found < 1e-6


def test_an_unknown_signal_leaves_ridgeless_risks_alone(page):
    known = {**KNOWN, "signal": None}
    pair = f"canonical({json.dumps(known)})"
    assert differ(page, pair, Problem.gaussian(**known), (0, 0), True) < 1e-6


@pytest.mark.parametrize("name", ["forecast", "dimensions"])
@pytest.mark.parametrize(
    ("ridges", "prices"),
    [
        ("auto", {"cost_label": 1.0, "cost_pseudo": 0.01}),
        ("auto", {"cost_label": 3.0, "cost_pseudo": 0.0, "pool": 700, "cost_weak": 5.0}),
        (0.01, {"cost_label": 1.0, "cost_pseudo": 0.05, "owned": 40, "cost_strong": 2.0}),
    ],
)
def test_the_frontier_is_what_plan_finds(browser, pages, name, ridges, prices):
    folder, known = pages
    browser.open(folder / f"{name}.html")
    owned = known[name].owned
    settings = {"pool": None, "owned": owned, "cost_weak": 0, "cost_strong": 0, **prices}
    both = {"ridge_weak": ridges, "ridge_strong": ridges}
    browser.ask(f"Object.assign(planner.settings, {json.dumps({**settings, **both})})")
    for budget in (20.0, 150.0, 2000.0):
        browser.ask(f"planner.settings.budget = {budget}; planner.update()")
        courses = {one["name"]: one for one in browser.ask("planner.courses")}
        given = {**prices, "owned": settings["owned"], "pool": settings["pool"] or 10_000_000}
        wanted = plan(known[name], budget=budget, **both, **given)
        assert set(courses) == {course.course for course in wanted.courses}
        for course in wanted.courses:
            mine = courses[course.course]
            assert mine["risk"] <= course.risk * 1.002, (mine, course)
            assert mine["cost"] <= budget * (1 + 1e-9)
            assert abs(mine["risk"] / risk_of(known[name], mine, both) - 1) < 1e-6


def risk_of(known, course, ridges):
    """Risk of a course by the library, at the sizes that the page chose."""
    if course["name"] == "posterior":
        sizes = np.array([course["n"]]), np.array([max(course["N"], 1)])
        return float(PosteriorRisks(known.problem, True).at(*sizes)[0, 0]) * known.factors.w2s
    model = {"w2s": "w2s", "weak-is-enough": "weak"}.get(course["name"], "strong")
    found = predict(known, n=course["n"], N=max(course["N"], 1), intercept=True, **ridges)
    return float(getattr(found, model)[0, 0])


def test_the_first_sentence_says_what_to_do(page):
    said = page.ask("document.querySelector('.verdict b').textContent")
    assert said.startswith("With 160 labels and 1,200 pseudo-labels, train the strong model on")
    shown = page.ask("document.querySelector('#strip').textContent")
    risks = predict(
        Problem.gaussian(**KNOWN),
        n=160,
        N=1200,
        ridge_weak="auto",
        ridge_strong="auto",
        intercept=True,
    )
    for value in (risks.weak, risks.w2s, risks.strong, risks.ceiling, risks.pgr, risks.opr):
        assert number(float(value[0, 0])) in shown


def test_a_loss_to_labels_alone_is_said(page):
    page.ask("planner.settings.n = 4000; planner.settings.N = 100; planner.update()")
    said = page.ask("document.querySelector('.verdict').textContent")
    assert "OPR is below 1" in said
    assert "does not beat its teacher" in said


def settled(browser):
    """Wait for the frame in which what was moved is drawn."""
    browser.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_everything_is_reached_and_moved_by_keyboard(page):
    reached = []
    for _ in range(60):
        page.press("Tab")
        reached.append(page.ask("document.activeElement.id"))
    names = page.ask("[...planner.controls.keys()]")
    off = page.ask(
        "[...planner.controls.values()].filter((c) => c.slider.disabled).map((c) => c.name)"
    )
    for name in set(names) - set(off):
        assert {f"{name}-slider", name} <= set(reached), name
    assert {"intercept", "again", "ridge_weak-box"} <= set(reached)
    before = page.ask("[planner.settings.n, document.querySelector('.verdict').textContent]")
    page.ask("document.getElementById('n-slider').focus()")
    page.press("ArrowRight", times=5)
    settled(page)
    after = page.ask("[planner.settings.n, document.querySelector('.verdict').textContent]")
    assert after[0] > before[0]
    assert after[1] != before[1]
    page.ask("document.getElementById('n').focus()")
    page.ask("document.getElementById('n').select()")
    page.write("500")
    page.press("Enter")
    settled(page)
    assert page.ask("planner.settings.n") == 500
    assert "With 500 labels" in page.ask("document.querySelector('.verdict b').textContent")
    page.ask("document.getElementById('ridge_weak-box').focus()")
    page.press(" ")
    settled(page)
    assert page.ask("typeof planner.settings.ridge_weak") == "number"
    page.ask("document.getElementById('again').click()")
    assert page.ask("planner.settings.n") == 160


def test_what_cannot_be_is_moved_to_what_can_and_said(page):
    page.ask("planner.change('d_w', 5)")
    settled(page)
    assert page.ask("document.getElementById('d_sw').value") == "5"
    assert "d_sw is at most min(d_w, d_s) = 5" in page.ask("planner.find('notes').textContent")
    page.ask("document.getElementById('n').value = 'many'")
    page.ask("document.getElementById('n').dispatchEvent(new Event('change'))")
    settled(page)
    assert page.ask("document.getElementById('n').value") == "160"


def typed(page, name, text):
    """Type a number into a field; return what is taken, and what is said of it."""
    field = f"document.getElementById('{name}')"
    page.ask(f"{field}.value = {json.dumps(text)}; {field}.dispatchEvent(new Event('change'))")
    settled(page)
    return page.ask(f"[planner.settings.{name}, planner.find('notes').textContent]")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("cost_pseudo", "0,01", 0.01),
        ("cost_label", "1,5", 1.5),
        ("cost_label", " 2.25 ", 2.25),
        ("budget", "1,200.5", 1200.5),
        ("N", "12,000", 12_000),
        ("n", "10000", 10_000),
        ("n", "2", 2),
        ("cost_weak", "123456", 123_456),
    ],
)
def test_numbers_are_read_as_people_type_them(page, name, text, value):
    assert typed(page, name, text) == [value, ""]


def test_what_is_not_taken_as_typed_is_said(page):
    value, said = typed(page, "n", "99,000,000")
    assert (value, said) == (1e7, "labels n: 10,000,000 is the most that this page draws.")
    value, said = typed(page, "cost_label", "-1")
    assert (value, said) == (0, "price of a label: 0 is the least that this page draws.")
    for text in ("1.234,5", "1,2,3", "many", ""):
        assert typed(page, "cost_pseudo", text) == [
            0.01,
            f"price of a pseudo-label: “{text}” is no number.",
        ]
    page.ask("document.getElementById('again').click()")
    assert page.ask("planner.find('notes').textContent") == ""


@pytest.mark.parametrize("name", ["forecast", "dimensions"])
def test_pseudo_labels_are_no_more_than_rows(browser, pages, name):
    browser.open(pages[0] / f"{name}.html").ask("planner.change('pool', 100)")
    settled(browser)
    assert "and 100 pseudo-labels" in browser.ask("document.querySelector('.verdict').textContent")
    assert "there are 100 unlabeled rows" in browser.ask("planner.find('notes').textContent")
    assert browser.ask("document.getElementById('N').value") == "100"


def test_a_command_stands_there_only_where_it_plans(page):
    for name, value, why in (
        ("cost_label", 0, "labels that cost nothing"),
        ("cost_pseudo", 0, "pseudo-labels that cost nothing"),
    ):
        page.ask(f"planner.reset(); planner.change('{name}', {value})")
        settled(page)
        assert page.ask("planner.find('command').textContent") == ""
        assert why in page.ask("planner.find('unplanned').textContent")
    page.ask("planner.change('pool', 500)")
    settled(page)
    assert page.ask("planner.find('unplanned').textContent") == ""
    assert "--pool 500" in page.ask("planner.find('command').textContent")


def test_nothing_to_spend_is_shown_as_nothing(browser, tmp_path, capsys):
    path = tmp_path / "planner.html"
    known = ["--d-w", "20", "--d-s", "30", "--d-sw", "4", "--noise", "1", "--signal", "1"]
    prices = ["--cost-label", "2", "--cost-pseudo", "0.1", "--owned", "90", "--budget", "0"]
    assert cli.invoke(["plan", *known, *prices, "--page", str(path), "--json"]) == 0
    wanted = json.loads(capsys.readouterr().out)["courses"]
    assert browser.open(path).ask("planner.settings.budget") == 0
    found = browser.ask("planner.courses.map((each) => [each.name, each.n])")
    assert found == [[each["course"], each["n"]] for each in wanted]
    drawn = browser.ask("document.getElementById('frontier').innerHTML")
    assert not re.search("NaN|Infinity", drawn)


def test_a_page_of_a_plan_begins_with_its_best_course(browser, tmp_path, capsys):
    path = tmp_path / "planner.html"
    known = [f"--{name.replace('_', '-')}={value}" for name, value in KNOWN.items()]
    goal = ["--cost-label", "1", "--cost-pseudo", "0.01", "--target", "0.12"]
    assert cli.invoke(["plan", *known, *goal, "--page", str(path), "--json"]) == 0
    best = json.loads(capsys.readouterr().out)["best"]
    begun = browser.open(path).ask("planner.settings")
    assert [begun[name] for name in ("n", "N", "budget")] == [best["n"], best["N"], best["cost"]]
    assert best["course"] == browser.ask("planner.courses[0].name") == "posterior"


def test_the_posterior_student_is_shown_only_where_it_is_known(page):
    courses = "planner.courses.map((course) => course.name)"
    name = page.ask("planner.state.names.posterior")
    places = ("strip", "over-n", "over-N")
    figures = [f"document.getElementById('{place}').textContent" for place in places]
    assert "posterior" in page.ask(courses)
    assert all(name in page.ask(text) for text in figures)
    risk = PosteriorRisks(Problem.gaussian(**KNOWN), True).at(np.array([160]), np.array([1200]))
    assert f"{name}{number(float(risk[0, 0]))}" in page.ask(figures[0])
    page.ask("planner.change('noise', 0.5)")
    settled(page)
    assert "posterior" not in page.ask(courses)
    assert not any(name in page.ask(text) for text in figures)
    assert not page.ask("planner.find('lacking').hidden")


def test_the_command_that_a_page_shows_plans_the_same(page, tmp_path, capsys):
    page.ask("planner.change('d_w', 30); planner.change('noise', 0.5)")
    settled(page)
    words = shlex.split(page.ask("planner.find('command').textContent"))
    assert cli.invoke([*words[1:], "--json"]) == 0
    wanted = {one["course"]: one for one in json.loads(capsys.readouterr().out)["courses"]}
    for course in page.ask("planner.courses"):
        assert course["risk"] == pytest.approx(wanted[course["name"]]["risk"], rel=2e-3)


@pytest.mark.parametrize("name", ["forecast", "dimensions"])
@pytest.mark.parametrize("ridges", ["auto", 0.01])
def test_a_moved_slider_is_drawn_at_once(browser, pages, name, ridges):
    """The processor time of the quickest of several bursts: others may want the machine, too."""
    browser.look(1280)
    browser.open(pages[0] / f"{name}.html")
    both = json.dumps({"ridge_weak": ridges, "ridge_strong": ridges})
    browser.ask(f"Object.assign(planner.settings, {both}); planner.update()")
    browser("Performance.enable", timeDomain="threadTicks")
    for setting in ("n", "budget", "noise", "d_w"):
        took = []
        for burst in range(3):
            before = processor(browser)
            browser.ask(
                f"""for (let k = 0; k < {BURST}; k++) {{
                  planner.settings.{setting} = {4 + burst} + k;
                  planner.update();
                  document.body.offsetHeight;
                }}"""
            )
            took.append((processor(browser) - before) / BURST)
        assert min(took) < REDRAW, setting
    browser("Performance.disable")


def processor(browser):
    """Milliseconds that the page has computed and laid out."""
    found = browser("Performance.getMetrics")["metrics"]
    return 1e3 * next(one["value"] for one in found if one["name"] == "TaskDuration")


@pytest.mark.parametrize("name", ["forecast", "dimensions"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_window_and_asks_for_nothing(browser, pages, name, width, scheme):
    browser.look(width, scheme=scheme, reduced=True)
    browser.events.clear()
    browser.open(pages[0] / f"{name}.html")
    assert browser.ask("document.documentElement.scrollWidth") <= width
    assert browser.ask("document.getAnimations().length") == 0
    least = browser.ask(
        """Math.min(...[...document.querySelectorAll('figure text')]
          .map((one) => 13 * one.ownerSVGElement.clientWidth / WIDTH))"""
    )
    assert least >= 9
    asked = {one["request"]["url"] for one in browser.named("Network.requestWillBeSent")}
    assert asked == {(pages[0] / f"{name}.html").resolve().as_uri()}
    assert browser.named("Runtime.exceptionThrown") == []
    assert browser.named("Runtime.consoleAPICalled") == []
    assert browser.named("Log.entryAdded") == []


@pytest.mark.parametrize("name", ["forecast", "dimensions", "smallest", "silent"])
def test_no_setting_breaks_the_page(browser, pages, name):
    """Sliders thrown about at random: no error, and nothing drawn that is no number."""
    browser.look(1280)
    browser.events.clear()
    browser.open(pages[0] / f"{name}.html")
    broken = browser.ask(
        """(() => {
          let seed = 1;
          const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
          const found = [];
          for (let k = 0; k < 60; k++) {
            for (const [name, { values, instead }] of planner.controls) {
              if (random() > 0.4) continue;
              const value = values[Math.floor(random() * values.length)];
              planner.settings[name] = instead && random() < 0.4 ? INSTEAD[name] : value;
            }
            planner.settings.intercept = random() < 0.5;
            if (planner.own && random() < 0.3) {
              planner.settings.population = random() < 0.5 ? "own" : "canonical";
            }
            planner.update();
            const shown = document.body.innerHTML.split('<script type="application/json"')[0];
            if (/NaN|undefined|Infinity/.test(shown)) found.push({ ...planner.settings });
          }
          return found;
        })()"""
    )
    assert broken == []
    assert browser.named("Runtime.exceptionThrown") == []
    assert browser.named("Log.entryAdded") == []


def test_paper_has_the_numbers_and_no_sliders(page):
    page.look(800, media="print")
    hidden = "getComputedStyle(document.getElementById('n-slider')).display"
    assert page.ask(hidden) == "none"
    assert page.ask("document.getElementById('n').offsetWidth") > 0
    page.look(1280)


def test_every_figure_and_field_has_a_name(page):
    tree = page("Accessibility.getFullAXTree")["nodes"]
    kinds = {"slider", "textbox", "checkbox", "radio", "button", "image", "img"}
    seen = [node for node in tree if node.get("role", {}).get("value") in kinds]
    assert len(seen) > 30
    assert [node for node in seen if not node.get("name", {}).get("value")] == []


def test_the_command_writes_a_page_and_spares_what_is_there(tmp_path, capsys, browser):
    path = tmp_path / "planner.html"
    assert cli.invoke(["plan", "--page", str(path)]) == 0
    assert capsys.readouterr().out == f"Page: {path}\n"
    assert browser.open(path).ask("planner.settings.d_w") == 40
    path.write_text("mine", encoding="utf-8")
    assert cli.invoke(["plan", "--page", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"error: --page {path} exists")
    assert path.read_text(encoding="utf-8") == "mine"
    known = ["--d-w", "20", "--d-s", "30", "--d-sw", "4", "--noise", "1"]
    prices = ["--cost-label", "2", "--cost-pseudo", "0.1", "--budget", "300"]
    assert cli.invoke(["plan", *known, *prices, "--page", str(path), "--overwrite"]) == 0
    assert f"Page: {path}" in capsys.readouterr().out
    settings = browser.open(path).ask("planner.settings")
    assert (settings["d_w"], settings["cost_label"], settings["budget"]) == (20, 2, 300)
    assert settings["signal"] is None
    assert 2 * settings["n"] + 0.1 * settings["N"] <= 300


def test_a_page_begins_with_the_folder_of_a_forecast(tmp_path, capsys, browser):
    weak, strong, y = digits()
    for name, rows in {"w": weak, "s": strong, "y": y[:80]}.items():
        np.save(tmp_path / f"{name}.npy", rows)
    files = [f"--{side}={tmp_path}/{side[0]}.npy" for side in ("weak", "strong")]
    labels = [f"--labels={tmp_path}/y.npy", "--task", "classification"]
    assert cli.invoke(["forecast", *files, *labels, f"--out={tmp_path}/found"]) == 0
    page, problem = tmp_path / "planner.html", f"--problem={tmp_path}/found"
    assert cli.invoke(["plan", problem, f"--page={page}"]) == 0
    capsys.readouterr()
    sizes = [80, len(y) - 80]
    assert browser.open(page).ask("[planner.settings.n, planner.settings.N]") == sizes
    best = ["--ridge-weak", "auto", "--ridge-strong", "auto", "--intercept", "--json"]
    n, N = (f"--{name}={size}" for name, size in zip(("n", "N"), sizes, strict=True))
    assert cli.invoke(["predict", problem, n, N, *best]) == 0
    wanted = json.loads(capsys.readouterr().out)["risk"]
    risks = browser.ask("planner.now")
    for name in MODELS:
        assert risks[name] == pytest.approx(wanted[name][0][0], rel=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--budget", "10"], "--cost-label is missing"),
        (["--page", "{there}"], "--page {there} is a folder"),
        (["--page", "{there}/p.html", "--out", "{there}/o"], "--out holds a plan"),
        (["--page", "{there}/p.html", "--cost-label", "-1"], "--cost-label is -1.0"),
    ],
)
def test_what_no_page_can_be_made_of_is_refused(tmp_path, capsys, words, said):
    known = ["--d-w", "20", "--d-s", "30", "--d-sw", "4", "--noise", "1"]
    given = [word.format(there=tmp_path) for word in words]
    assert cli.invoke(["plan", *known, *given]) == 2
    assert said.format(there=tmp_path) in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_scripts_are_short_and_the_page_is_small(pages):
    scripts = sorted(SCRIPTS.glob("*.js"))
    assert sum(len(script.read_bytes()) for script in scripts) < 100_000
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 250, script
        assert max(map(len, text.splitlines())) <= 120, script
        assert f"`{script.name}`" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert (pages[0] / "forecast.html").stat().st_size < 300_000


@pytest.mark.parametrize("change", [{}, {"d_sw": 9.5}, {"signal": None}, {"rho_w": 0, "rho_s": 0}])
def test_a_canonical_pair_is_known_for_one(change):
    pair = Problem.gaussian(**{**KNOWN, **change})
    assert is_canonical(pair)
    state = json.loads(re.search(r'id="state">(.*?)</script>', planner(pair), re.DOTALL)[1])
    assert state["own"] is None
    assert {name: state["start"][name] for name in KNOWN} == {**KNOWN, **change}
