// SPDX-License-Identifier: Apache-2.0
// Draws the history of one point with dygraphs: a mean with its band, or bars of consumption. The table below the picture
// holds the same in fewer pieces.

/* global Dygraph */

import { axisLabel, color, full, language, locale } from "./chart.js";

const form = document.getElementById("history-form");
const box = document.getElementById("history");
const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 3 });
const lengths = { "1m": 60e3, "15m": 900e3, "1h": 3600e3, "1d": 86400e3 };
let chart = null;

// What the site's clock shows, as if it were UTC, whatever zone the browser is in.
function siteClock(offsets) {
  const [first, ...changes] = offsets.split(" ");
  const steps = changes.map((change) => change.split(":").map(Number));
  return (moment) => {
    let seconds = Number(first);
    for (const [at, offset] of steps) if (moment >= at) seconds = offset;
    return moment + seconds * 1000;
  };
}

// A line must not cross pieces without a value.
function rowsOf(answer, clock) {
  const step = lengths[answer.resolution];
  const rows = [];
  answer.start.forEach((start, place) => {
    const before = answer.start[place - 1];
    if (before !== undefined && start - before > 1.5 * step && !answer.isTotal) {
      rows.push([new Date(clock(before + step)), [null, null, null]]);
    }
    const at = new Date(clock(start));
    if (answer.isTotal) rows.push([at, answer.consumption[place]]);
    else rows.push([at, [answer.least[place], answer.mean[place], answer.greatest[place]]]);
  });
  return rows;
}

// Bars stand from the start of their piece to its end.
function bars(step, overGap) {
  return (part) => {
    const { drawingContext: pen, dygraph, points } = part;
    const base = dygraph.toDomYCoord(0);
    pen.fillStyle = part.color;
    pen.strokeStyle = color("--warn");
    for (const point of points) {
      if (point.yval === null || Number.isNaN(point.yval)) continue;
      const left = point.canvasx;
      const width = Math.max(1, dygraph.toDomXCoord(point.xval + step) - left - 1);
      pen.fillRect(left, point.canvasy, width, base - point.canvasy);
      if (overGap.has(point.xval)) pen.strokeRect(left + 0.5, point.canvasy + 0.5, Math.max(1, width - 1), base - point.canvasy - 1);
    }
  };
}

async function draw() {
  if (!box) return;
  chart?.destroy();
  chart = null;
  const data = box.dataset;
  const query = new URLSearchParams({ resolution: data.resolution, from: data.from, to: data.to });
  let answer;
  try {
    const reply = await fetch(data.href + "?" + query, { cache: "no-store" });
    if (!reply.ok) throw new Error(reply.status);
    answer = await reply.json();
  } catch {
    box.textContent = data.failed;
    return;
  }
  if (answer.start.length === 0) {
    box.textContent = data.empty;
    return;
  }
  const clock = siteClock(data.offsets);
  const rows = rowsOf(answer, clock);
  const step = lengths[answer.resolution];
  const overGap = new Set(answer.start.filter((_, place) => answer.isOverGap[place]).map((start) => clock(start)));
  const readout = document.querySelector("#readout strong");
  const text = (value) => (value === null || Number.isNaN(value) ? "—" : number.format(value) + " " + data.unit);
  chart = new Dygraph(box, rows, {
    labels: ["time", "value"],
    labelsUTC: true,
    customBars: !answer.isTotal,
    fillAlpha: 0.25,
    connectSeparatedPoints: false,
    drawGapEdgePoints: true,
    strokeWidth: 1.4,
    colors: [color("--accent")],
    gridLineColor: color("--line"),
    axisLineColor: color("--line"),
    axisLabelFontSize: 12,
    highlightCircleSize: answer.isTotal ? 0 : 4,
    includeZero: answer.isTotal,
    plotter: answer.isTotal ? bars(step, overGap) : undefined,
    dateWindow: [clock(Number(data.from)), clock(Number(data.to))],
    axes: {
      x: { axisLabelFormatter: axisLabel, pixelsPerLabel: 72 },
      y: { axisLabelFormatter: (value) => number.format(value), axisLabelWidth: 56 },
    },
    highlightCallback: (_event, x, _points, row) => {
      const value = rows[row]?.[1];
      const shown = Array.isArray(value) ? value.map(text).join(" · ") : text(value ?? null);
      readout.textContent = full.format(new Date(x)).replace(",", "") + " · " + shown;
    },
    unhighlightCallback: () => { readout.textContent = ""; },
  });
  box.dataset.pieces = String(answer.start.length);
  performance.mark("drawn");
}

if (form) {
  form.addEventListener("change", (event) => {
    // A date is typed in pieces; it is shown when it is complete.
    if (event.target.name === "on" && !event.target.value) return;
    const query = new URLSearchParams(new FormData(form));
    query.set("lang", language);
    location.assign("/history?" + query);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
draw();
