// SPDX-License-Identifier: Apache-2.0
// Keeps the page up to date: a Server-Sent Event says what changed, the server sends that part again as HTML that
// it has escaped. When nothing is heard from the gateway for 5 s, the page says so and stops looking live.

const words = document.body.dataset;
const banner = document.getElementById("banner");
const sections = [...document.querySelectorAll("[data-fragment][data-on]")];
const language = document.documentElement.lang;

const silenceLimit = 3000; // then ask whether the gateway is there
const answerLimit = 1800; // together below the 5 s after which a reader must know
const leastPause = 1500; // between two fetches of one section

let source = null;
let attempts = 0;
let reconnectTimer = 0;
let lastSign = performance.now();
let isProbing = false;

// The gateway's clock, not the browser's, decides on ages.
let serverNow = 0;
let serverNowAt = 0;
function noteServerClock() {
  const stamp = document.getElementById("as-of");
  if (stamp && Number(stamp.dataset.now) > 0) {
    serverNow = Number(stamp.dataset.now);
    serverNowAt = performance.now();
  }
}
noteServerClock();

function ageText(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return words.ageSeconds.replace("{n}", seconds);
  if (seconds < 3600) return words.ageMinutes.replace("{n}", Math.floor(seconds / 60));
  if (seconds < 86400) return words.ageHours.replace("{n}", Math.floor(seconds / 3600));
  return words.ageDays.replace("{n}", Math.floor(seconds / 86400));
}

// Ages go on and values become stale even when the gateway says nothing more.
function tick() {
  if (serverNow === 0) return;
  const now = serverNow + (performance.now() - serverNowAt);
  for (const element of document.querySelectorAll(".age[data-time]")) {
    const age = now - Number(element.dataset.time);
    element.textContent = ageText(age);
    const row = element.closest("[data-stale-after]");
    if (row && age > Number(row.dataset.staleAfter)) {
      row.className = "stale";
      row.removeAttribute("data-stale-after");
      row.querySelector(".quality-word").textContent = words.stale;
    }
  }
}

const waiting = new Map();
const lastFetch = new Map();
function refreshSoon(section) {
  if (waiting.has(section) || document.hidden) return;
  const since = performance.now() - (lastFetch.get(section) ?? -leastPause);
  waiting.set(section, setTimeout(() => refresh(section), Math.max(0, leastPause - since)));
}

async function refresh(section) {
  try {
    const { fragment } = section.dataset;
    const answer = await fetch(fragment + (fragment.includes("?") ? "&" : "?") + "lang=" + language, { cache: "no-store" });
    lastFetch.set(section, performance.now());
    waiting.delete(section);
    // Whoever is signed out meanwhile is led to the sign-in.
    if (answer.status === 401) return void location.reload();
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    const open = [...section.querySelectorAll("details")].map((details) => details.open);
    const reached = "a[href], button, input, select, textarea, summary, [tabindex]";
    const focused = section.contains(document.activeElement) ? document.activeElement : null;
    const place = focused ? [...section.querySelectorAll(reached)].indexOf(focused) : -1;
    section.replaceChildren(...fresh.childNodes);
    section.querySelectorAll("details").forEach((details, place) => { details.open = open[place] ?? false; });
    // Whoever goes through the page by keyboard stays where they are: at the same link, else at the same place.
    if (focused) {
      const href = focused.getAttribute("href");
      const same = href ? section.querySelector(`a[href="${CSS.escape(href)}"]`) : null;
      (same ?? section.querySelectorAll(reached)[place])?.focus({ preventScroll: true });
    }
    if (section.id === "gateway") noteServerClock();
    if (section.id === "ticket-summary" || section.id === "alarm-facts") noteTicketVersion(section);
    tick();
  } catch {
    waiting.delete(section);
  }
}

// A form for a version that is gone would be refused; say so before somebody types.
function noteTicketVersion(section) {
  const notice = document.getElementById("changed");
  const head = section.querySelector("[data-version]");
  if (notice && head) notice.hidden = head.dataset.version === notice.dataset.version;
}

function refreshFor(change) {
  for (const section of sections) {
    if (section.dataset.on.split(" ").includes(change)) refreshSoon(section);
  }
}

function heard() {
  lastSign = performance.now();
}

function lost() {
  banner.hidden = false;
  document.documentElement.classList.add("is-lost");
}

function found() {
  attempts = 0;
  heard();
  if (banner.hidden) return;
  banner.hidden = true;
  document.documentElement.classList.remove("is-lost");
  for (const section of sections) refreshSoon(section);
}

function connect() {
  source?.close();
  source = new EventSource("/events");
  source.onopen = found;
  source.onerror = () => {
    source.close();
    lost();
    // Doubling pauses up to half a minute; the random part keeps many pages from coming back at once.
    const pause = Math.min(30000, 1000 * 2 ** Math.min(attempts, 5)) * (0.5 + Math.random());
    attempts += 1;
    clearTimeout(reconnectTimer);
    reconnectTimer = setTimeout(connect, pause);
  };
  for (const change of ["readings", "findings", "tickets", "alarms"]) {
    source.addEventListener(change, () => {
      heard();
      refreshFor(change);
    });
  }
}

// A frozen gateway keeps its connections open, so silence alone is looked into as well.
async function probe() {
  if (isProbing || source?.readyState !== EventSource.OPEN || performance.now() - lastSign < silenceLimit) return;
  isProbing = true;
  try {
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(answerLimit) });
    if (answer.ok) found(); else lost();
  } catch {
    lost();
  }
  isProbing = false;
}

setInterval(tick, 1000);
for (const section of sections) {
  const seconds = Number(section.dataset.every);
  if (seconds > 0) setInterval(() => refreshSoon(section), seconds * 1000);
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) for (const section of sections) refreshSoon(section);
});
// A page that shows nothing live, such as the sign-in, asks for no changes.
if (sections.length > 0) {
  connect();
  setInterval(probe, 500);
}
