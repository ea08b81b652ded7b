// Draws one line per sensor from the server-sent events of /chart-data; the browser reconnects by itself.
"use strict";

const COLOURS = ["#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f"];
const POINTS_MAX = 600;
const readings = new Map(); // sensor -> [{timestamp, temperature, hertz}]
const charts = {};

const colourOf = (index) => COLOURS[index % COLOURS.length];
const sensorNames = () => [...readings.keys()].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));

function take(point) {
  const line = readings.get(point.sensor) ?? [];
  if (line.length && line[line.length - 1].timestamp >= point.timestamp) return;
  line.push(point);
  if (line.length > POINTS_MAX) line.shift();
  readings.set(point.sensor, line);
}

// uPlot wants one x axis for all lines: the union of all times, with gaps where a sensor has no value.
function table(field) {
  const sources = sensorNames().map((name) => {
    const line = readings.get(name);
    return [line.map((p) => p.timestamp), line.map((p) => p[field])];
  });
  return uPlot.join(sources);
}

function build(id, field) {
  const names = sensorNames();
  const element = document.getElementById(id);
  element.replaceChildren();
  const series = names.map((name, index) => ({
    label: name, stroke: colourOf(index), width: 2, spanGaps: true, points: { size: 5 },
    value: (_, value) => (value == null ? "–" : value.toFixed(2)),
  }));
  const size = { width: Math.min(element.clientWidth || 900, 960), height: 220 };
  // Room for labels such as 1,000.25.
  const axes = [{}, { size: 66 }];
  const chart = new uPlot({ ...size, axes, series: [{}, ...series] }, table(field), element);
  charts[id] = { chart, names: names.join() };
}

function draw(id, field) {
  if (charts[id]?.names === sensorNames().join()) charts[id].chart.setData(table(field));
  else build(id, field);
}

function cell(text) {
  const element = document.createElement("td");
  element.textContent = text;
  return element;
}

function row(name, index) {
  const last = readings.get(name).at(-1);
  const element = document.createElement("tr");
  const head = cell(name);
  const swatch = document.createElement("span");
  swatch.className = "swatch";
  swatch.style.background = colourOf(index);
  head.prepend(swatch);
  const time = new Date(last.timestamp * 1000).toLocaleTimeString();
  element.append(head, cell(`${last.temperature.toFixed(2)} °F`), cell(`${last.hertz.toFixed(2)} Hz`), cell(time));
  return element;
}

function say(text, kind) {
  const state = document.getElementById("state");
  state.textContent = text;
  state.className = kind;
}

function show(problem) {
  if (readings.size) {
    document.getElementById("newest").hidden = false;
    document.querySelector("#newest tbody").replaceChildren(...sensorNames().map(row));
    draw("temperature", "temperature");
    draw("hertz", "hertz");
  }
  if (problem) say(`No news: ${problem}`, "trouble");
  else if (!readings.size) say("Waiting for the first aggregate.", "");
  else say(`Live: ${readings.size} sensor${readings.size === 1 ? "" : "s"}`, "live");
}

const source = new EventSource("/chart-data");
source.onmessage = (event) => {
  const { points, problem } = JSON.parse(event.data);
  points.forEach(take);
  show(problem);
};
source.onerror = () => say("No news: the page's server does not answer, trying again", "trouble");
