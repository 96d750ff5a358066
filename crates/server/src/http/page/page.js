"use strict";
// Draws what /metrics says. Rates and times are of the time between two readings; nothing is kept but the first reading, the
// last one, and the numbers that the lines are drawn of.

const PERIOD_MS = 2000;
const NUMBERS_MAX = 150;

/** One reading: for each name its series, as [labels, value]. */
function parse(text) {
  const series = new Map();
  for (const line of text.split("\n")) {
    const found = /^([a-z_]+)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!found) continue;
    const labels = {};
    for (const [, name, value] of (found[2] || "").matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)) labels[name] = value;
    if (!series.has(found[1])) series.set(found[1], []);
    series.get(found[1]).push([labels, Number(found[3])]);
  }
  return series;
}

const fits = (labels, wanted) => Object.entries(wanted).every(([name, value]) => labels[name] === value);

function sum(reading, name, wanted = {}) {
  let total = 0;
  for (const [labels, value] of reading.series.get(name) || []) if (fits(labels, wanted)) total += value;
  return total;
}

const seconds = (before, now) => (now.at - before.at) / 1000;
const rate = (before, now, name, wanted) => (sum(now, name, wanted) - sum(before, name, wanted)) / seconds(before, now);

/** The upper end of the bucket in which this share of what happened between two readings lies; null where nothing did. */
function within(before, now, name, share, wanted = {}) {
  const buckets = new Map();
  for (const [reading, sign] of [[now, 1], [before, -1]])
    for (const [labels, value] of reading.series.get(`${name}_bucket`) || [])
      if (fits(labels, wanted)) buckets.set(labels.le, (buckets.get(labels.le) || 0) + sign * value);
  const ends = [...buckets].map(([le, count]) => [le === "+Inf" ? Infinity : Number(le), count]).sort((a, b) => a[0] - b[0]);
  const all = ends.length ? ends[ends.length - 1][1] : 0;
  if (all <= 0) return null;
  return ends.find(([, count]) => count >= share * all)[0];
}

const number = (value, digits = 0) => value.toLocaleString("en", { maximumFractionDigits: digits });
const each = (value) => `${number(value, value < 10 ? 1 : 0)}/s`;
const bytes = (value) => (value < 2 ** 30 ? `${number(value / 2 ** 20)} MiB` : `${number(value / 2 ** 30, 1)} GiB`);
function duration(value) {
  if (value === null) return "–";
  if (value === Infinity) return "over the last bucket";
  if (value < 1) return `${number(value * 1000, value < 0.01 ? 2 : 0)} ms`;
  if (value < 120) return `${number(value, 1)} s`;
  if (value < 7200) return `${number(value / 60)} min`;
  return value < 172800 ? `${number(value / 3600)} h` : `${number(value / 86400)} days`;
}

/** Each tile: what it is called, the number that is drawn, how it is written, a remark, and when it is bad. */
const TILES = [
  ["Connections", (b, n) => sum(n, "postroom_connections"), number,
    (b, n) => `mailboxes open: ${number(sum(n, "postroom_mailboxes_open"))}; ${each(rate(b, n, "postroom_connections_refused_total"))} refused`],
  ["Commands", (b, n) => rate(b, n, "postroom_commands_total"), each,
    (b, n) => `99 % within ${duration(within(b, n, "postroom_command_duration_seconds", 0.99))}`],
  ["Watchers told after a commit", (b, n) => within(b, n, "postroom_wakeup_told_seconds", 0.99), duration,
    (b, n) => `99 % of them; oldest that waits: ${duration(sum(n, "postroom_wakeup_waiting_seconds"))}`],
  ["Hears of other nodes", (b, n) => sum(n, "postroom_listener_connected"), (v) => (v ? "yes" : "no"),
    (b, n) => `${each(rate(b, n, "postroom_wakeups_total"))} wake-ups`, (v) => !v],
  ["Logins", (b, n) => rate(b, n, "postroom_logins_total"), each,
    (b, n) => `${each(rate(b, n, "postroom_logins_held_up_total"))} held up, ${number(sum(n, "postroom_logins_waiting"))} waiting`],
  ["Letters", (b, n) => rate(b, n, "postroom_deliveries_total"), each,
    (b, n) => `99 % within ${duration(within(b, n, "postroom_delivery_duration_seconds", 0.99))}`],
  ["Database", (b, n) => rate(b, n, "postroom_database_operation_duration_seconds_count"), each,
    (b, n) => `99 % within ${duration(within(b, n, "postroom_database_operation_duration_seconds", 0.99))}`],
  ["Connections to the database", (b, n) => sum(n, "postroom_pool_connections"), number,
    (b, n) => `of ${number(sum(n, "postroom_pool_connections_max"))}; ${number(sum(n, "postroom_pool_waiting"))} callers wait`],
  ["Age of the write queue", (b, n) => sum(n, "postroom_store_queue_age_seconds"), duration,
    (b, n) => `${number(sum(n, "postroom_store_queued_writes"))} writes wait`, (v) => v > 2],
  ["Faults of the database", (b, n) => rate(b, n, "postroom_database_faults_total"), each,
    (b, n) => `${number(sum(n, "postroom_database_faults_total"))} since the start`, (v) => v > 0],
  ["Panics since the start", (b, n) => sum(n, "postroom_panics_total"), number, () => "each is a bug", (v) => v > 0],
  ["Certificate ends in", (b, n) => sum(n, "postroom_tls_certificate_end_time_seconds") - n.at / 1000, duration,
    (b, n) => `${each(rate(b, n, "postroom_tls_handshakes_total"))} handshakes`, (v) => v < 7 * 86400],
  ["Memory", (b, n) => sum(n, "process_resident_memory_bytes"), bytes,
    (b, n) => `${bytes(sum(n, "postroom_literals_in_flight_bytes"))} of messages on their way in`],
  ["Processor", (b, n) => rate(b, n, "process_cpu_seconds_total") * 100, (v) => `${number(v, 1)} %`, () => "of one core"],
];

/** What was drawn of each tile, oldest first. */
const drawn = TILES.map(() => []);
const byId = (id) => document.getElementById(id);

function element(name, text, parent) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

function line(values) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${NUMBERS_MAX} 100`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const top = Math.max(...values.filter(Number.isFinite), 1e-9);
  const points = values.map((value, place) => `${place},${Number.isFinite(value) ? 95 - (90 * value) / top : 95}`);
  const polyline = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  polyline.setAttribute("points", points.join(" "));
  svg.append(polyline);
  return svg;
}

function drawTiles(before, now) {
  const tiles = byId("tiles");
  tiles.replaceChildren();
  for (const [place, [name, value, words, remark, isBad]] of TILES.entries()) {
    const tile = element("div", undefined, tiles);
    tile.className = "tile";
    element("h3", name, tile);
    const current = value(before, now);
    element("p", words(current), tile);
    element("small", remark(before, now), tile);
    if (isBad && isBad(current)) tile.classList.add("bad");
    drawn[place].push(current ?? 0);
    if (drawn[place].length > NUMBERS_MAX) drawn[place].shift();
    tile.append(line(drawn[place]));
  }
}

function drawRows(id, rows) {
  const body = byId(id);
  body.replaceChildren();
  for (const cells of rows) {
    const row = element("tr", undefined, body);
    for (const cell of cells) element("td", cell, row);
  }
}

function drawTables(first, now) {
  const names = new Set((now.series.get("postroom_commands_total") || []).map(([labels]) => labels.command));
  const commands = [...names].map((command) => [command, rate(first, now, "postroom_commands_total", { command })]);
  commands.sort((a, b) => b[1] - a[1]);
  drawRows("commands", commands.filter(([, often]) => often > 0).slice(0, 15).map(([command, often]) => {
    const time = (share) => duration(within(first, now, "postroom_command_duration_seconds", share, { command }));
    const wrong = ["no", "bad"].map((result) => rate(first, now, "postroom_commands_total", { command, result }));
    return [command, each(often), time(0.5), time(0.99), each(wrong[0] + wrong[1])];
  }));
  const tasks = now.series.get("postroom_upkeep_last_success_time_seconds") || [];
  drawRows("upkeep", tasks.map(([{ task }, at]) => [
    task,
    at ? `${duration(Math.max(0, now.at / 1000 - at))} ago` : "not yet",
    duration(sum(now, "postroom_upkeep_period_seconds", { task })),
    number(sum(now, "postroom_upkeep_failures_total", { task })),
  ]));
}

function say(words, isBad) {
  byId("state").textContent = words;
  byId("state").className = isBad ? "bad" : "";
}

let first;
let last;

async function read() {
  const answer = await fetch("/metrics");
  if (!answer.ok) throw new Error((await answer.text()).trim());
  const now = { at: Date.now(), series: parse(await answer.text()) };
  const before = last;
  last = now;
  first ??= now;
  const build = now.series.get("postroom_build_info");
  if (build) byId("version").textContent = build[0][0].version;
  const ready = await fetch("/healthz/ready");
  say((await ready.text()).trim(), !ready.ok);
  if (!before) return;
  drawTiles(before, now);
  drawTables(first, now);
}

async function run() {
  for (;;) {
    try {
      await read();
    } catch (trouble) {
      say(`no answer: ${trouble.message}`, true);
    }
    await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
  }
}

run();
