// SPDX-License-Identifier: Apache-2.0
// Draws stored values with dygraphs. The table below the chart holds the same values.

/* global Dygraph */

export const language = document.documentElement.lang;
const form = document.getElementById("trend-form");
const values = document.getElementById("trend-values");
let chart = null;

// The legend of dygraphs writes style attributes, which the page's security policy forbids; the read-out above the
// chart takes its place.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins?.Legend);

// Times are shifted to the site's clock and then drawn as if they were UTC, whatever zone the browser is in.
export const locale = language === "en" ? "en-GB" : language;
export const full = new Intl.DateTimeFormat(locale, {
  timeZone: "UTC", year: "numeric", month: language === "en" ? "short" : "long", day: "numeric",
  hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const dayAndMonth = new Intl.DateTimeFormat(locale, { timeZone: "UTC", month: "short", day: "numeric" });

export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function axisLabel(date) {
  const time = new Date(date);
  if (time.getUTCHours() === 0 && time.getUTCMinutes() === 0) return dayAndMonth.format(time);
  return String(time.getUTCHours()).padStart(2, "0") + ":" + String(time.getUTCMinutes()).padStart(2, "0");
}

// A line must not cross hours in which nothing was stored.
function withGaps(samples, leastGap) {
  const steps = samples.slice(1).map((sample, place) => sample.at - samples[place].at).sort((a, b) => a - b);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  const widest = Math.max(leastGap, 8 * usual);
  const rows = [];
  samples.forEach((sample, place) => {
    const before = samples[place - 1];
    if (before && sample.at - before.at > widest) rows.push({ at: before.at + 1, value: null });
    rows.push({ at: sample.at, value: sample.value ?? null });
  });
  return rows;
}

async function draw() {
  const box = document.getElementById("chart");
  if (!box) return;
  chart?.destroy();
  chart = null;
  const data = box.dataset;
  const offset = Number(data.offset) * 1000;
  const to = Number(data.to);
  const query = new URLSearchParams({ point: data.point, from: to - Number(data.seconds) * 1000, to, limit: 800 });
  let samples;
  try {
    const answer = await fetch("/api/v1/trend?" + query, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    samples = (await answer.json()).samples;
  } catch {
    box.textContent = data.failed;
    return;
  }
  if (samples.length === 0) {
    box.textContent = data.empty;
    return;
  }
  const rows = withGaps(samples, Number(data.gap)).map((row) => [new Date(row.at + offset), row.value]);
  const readout = document.querySelector("#readout strong");
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
  chart = new Dygraph(box, rows, {
    labels: ["time", "value"],
    labelsUTC: true,
    connectSeparatedPoints: false,
    drawGapEdgePoints: true,
    strokeWidth: 1.8,
    colors: [color("--accent")],
    gridLineColor: color("--line"),
    axisLineColor: color("--line"),
    axisLabelFontSize: 12,
    highlightCircleSize: 4,
    fillGraph: false,
    includeZero: false,
    axes: {
      x: { axisLabelFormatter: axisLabel, pixelsPerLabel: 72 },
      y: { axisLabelFormatter: (value) => number.format(value), axisLabelWidth: 56 },
    },
    highlightCallback: (_event, x, points) => {
      const point = points[0];
      readout.textContent = full.format(new Date(x)).replace(",", "") + " · "
        + (point?.yval == null ? "—" : number.format(point.yval) + " " + data.unit);
    },
    unhighlightCallback: () => { readout.textContent = ""; },
  });
}

async function choose() {
  const query = new URLSearchParams(new FormData(form));
  history.replaceState(null, "", "/?" + query + "#trend");
  query.set("lang", language);
  const answer = await fetch(values.dataset.fragment + "?" + query, { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
  values.replaceChildren(...fresh.childNodes);
  await draw();
}

if (form && values) {
  form.classList.add("is-live");
  form.addEventListener("change", choose);
  form.addEventListener("submit", (event) => { event.preventDefault(); choose(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
}
