'use strict';
// The graph of response times, the trends and the waterfall, all by Chart.js.

Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.normalized = true;
Chart.defaults.parsing = false;
Chart.defaults.plugins.legend.display = false;
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;

/** Height of a row of the trace and of its head, which the bars of the waterfall are beside. */
const ROW = 30;
/** A click or tap this close to a point selects it. */
const REACH = 40;
/** How many of the last runs a trend shows. */
const TREND = 40;
/** More trends would take too long to draw. */
const MAX_TRENDS = 200;
/** If the slowest run takes this many times the median, the scale is logarithmic. */
const STEEP = 20;

/** Round durations between two marks of an axis, in milliseconds. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500]
  .concat([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800].map((seconds) => seconds * 1000))
  .concat([1, 2, 3, 6, 12, 24, 48, 96, 168].map((hours) => hours * 3_600_000));

/** Marks of a time axis, at round times. */
function timeMarks(axis) {
  const most = Math.max(2, Math.floor(axis.width / 110));
  const step = STEPS.find((step) => (axis.max - axis.min) / step <= most) ?? STEPS.at(-1);
  axis.step = step;
  axis.ticks = [];
  for (let at = Math.ceil(axis.min / step) * step; at <= axis.max; at += step) axis.ticks.push({ value: at });
}

/** The label of a mark on a time axis. */
function timeMark(at, step) {
  const text = new Date(at).toISOString();
  if (step >= 86_400_000) return day(text);
  if (step >= 60_000) return text.endsWith('T00:00:00.000Z') ? day(text) : text.slice(11, 16);
  return clock(text, step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3);
}

function axisStyle() {
  return { grid: { color: colour('line') }, border: { display: false }, ticks: { color: colour('quiet') } };
}

function tooltipStyle() {
  return {
    backgroundColor: colour('ink'), titleColor: colour('card'), bodyColor: colour('card'), footerColor: colour('card'),
    padding: 10, cornerRadius: 6, displayColors: false, titleFont: { weight: '600' }, footerFont: { weight: '400' },
  };
}

const graph = {
  chart: undefined,
  isLogarithmic: false,

  /** The graph of all probes over all runs. */
  draw() {
    const canvas = document.getElementById('graph-canvas');
    const seen = model.probes.flatMap((probe) => probe.runs.filter((run) => run.status !== 'skipped'));
    canvas.setAttribute('aria-label', `Response times of ${counted(model.probes.length, 'probe')} over ${
      counted(seen.length, 'run')}. The tables below have the same numbers.`);
    const point = (run) => ({ x: run.at, y: run.ms, run });
    const isLine = (run) => run.status === 'ok' || run.status === 'degraded';
    const size = seen.length > 1500 ? 2 : seen.length > 400 ? 3 : 4;
    const lines = model.probes.map((probe) => ({
      probe,
      data: probe.runs.filter(isLine).map(point),
      pointStyle: probe.marker, radius: size, hoverRadius: size + 2, borderWidth: 1.5, pointBorderWidth: 1,
    }));
    const failures = {
      data: seen.filter((run) => run.status === 'failed').map(point),
      showLine: false, pointStyle: 'crossRot', radius: size + 2, hoverRadius: size + 4, pointBorderWidth: 2, order: -1,
    };
    const mark = {
      data: [], showLine: false, pointStyle: 'circle', radius: size + 6, hoverRadius: size + 6, pointBorderWidth: 2.5,
      backgroundColor: 'transparent', order: -2,
    };
    const times = seen.map((run) => run.at).sort((one, other) => one - other);
    const room = Math.max((times.at(-1) - times[0]) * 0.02, 20);
    this.isLogarithmic = isSteep(seen);
    this.chart = new Chart(canvas, {
      type: 'line',
      data: { datasets: [...lines, failures, mark] },
      options: {
        layout: { padding: { top: 8, right: 8 } },
        interaction: { mode: 'nearest', intersect: false },
        scales: {
          x: {
            type: 'linear', min: times[0] - room, max: times.at(-1) + room, afterBuildTicks: timeMarks,
            ticks: { maxRotation: 0, callback(at) { return timeMark(at, this.step); } },
          },
          y: {
            title: { display: false }, grace: '5%',
            ticks: { maxTicksLimit: 7, callback: (ms) => (ms < 1 ? `${ms} ms` : length(ms).replace(/\.0+ /, ' ')) },
          },
        },
        plugins: {
          tooltip: {
            filter: (item, index) => index === 0 && item.raw.run !== undefined,
            callbacks: {
              title: ([item]) => item?.raw.run.probe.title,
              label: ({ raw: { run } }) => `${length(run.ms)} · ${run.kind ?? run.status}`,
              footer: ([item]) => item && `${day(item.raw.run.started)} ${clock(item.raw.run.started, 3)} UTC`,
            },
          },
        },
        onClick: (event, near) => {
          const [first] = near;
          if (first && Math.hypot(first.element.x - event.x, first.element.y - event.y) <= REACH) {
            choose({ run: this.chart.data.datasets[first.datasetIndex].data[first.index].run });
          }
        },
      },
    });
    this.paint();
  },

  /** Colours the graph for light or dark, with what is selected in front. */
  paint() {
    const { probe, run, isAsked } = chosen();
    const share = (other) => (!isAsked || other === probe ? 1 : 0.3);
    const { data: { datasets }, options } = this.chart;
    for (const line of datasets.filter((dataset) => dataset.probe)) {
      line.borderColor = line.pointBackgroundColor = faded(line.probe.colour, share(line.probe));
      line.pointBorderColor = line.data.map(({ run }) => (
        run.status === 'degraded' ? faded('status-degraded', share(run.probe)) : faded(run.probe.colour, share(run.probe))));
      line.order = isAsked && line.probe === probe ? 0 : 1;
    }
    const [failures, mark] = datasets.slice(-2);
    failures.pointBorderColor = failures.data.map(({ run }) => faded('bad', share(run.probe)));
    mark.pointBorderColor = colour('accent');
    mark.data = run && run.status !== 'skipped' ? [{ x: run.at, y: run.ms, run }] : [];
    for (const axis of Object.values(options.scales)) {
      const style = axisStyle();
      Object.assign(axis, { grid: style.grid, border: style.border });
      axis.ticks.color = style.ticks.color;
    }
    options.scales.x.grid = { display: false };
    options.scales.y.type = this.isLogarithmic ? 'logarithmic' : 'linear';
    options.scales.y.beginAtZero = !this.isLogarithmic;
    Object.assign(options.plugins.tooltip, tooltipStyle());
    this.chart.update();
    document.getElementById('scale').textContent = `Scale: ${this.isLogarithmic ? 'logarithmic' : 'linear'}`;
  },
};

function isSteep(runs) {
  const sorted = runs.map((run) => run.ms).sort((one, other) => one - other);
  return sorted.length > 0 && sorted.at(-1) > STEEP * Math.max(quantile(sorted, 0.5), 1);
}

const trends = {
  charts: [],

  /** Draws the last runs of a probe into a canvas. */
  draw(canvas, probe) {
    if (this.charts.length >= MAX_TRENDS) return;
    const runs = probe.runs.filter((run) => run.status !== 'skipped').slice(-TREND);
    const hidden = { display: false };
    const chart = new Chart(canvas, {
      type: 'line',
      data: {
        datasets: [{
          probe, data: runs.map((run, index) => ({ x: index, y: run.ms, run })), borderWidth: 1.5,
          radius: runs.map((run) => (run.status === 'failed' || runs.length === 1 ? 2.5 : 0)),
        }],
      },
      options: {
        events: [],
        layout: { padding: 4 },
        scales: { x: { type: 'linear', ...hidden }, y: { beginAtZero: true, ...hidden } },
        plugins: { tooltip: { enabled: false } },
      },
    });
    this.charts.push(chart);
    this.paintOne(chart);
  },

  paintOne(chart) {
    const [line] = chart.data.datasets;
    line.borderColor = colour(line.probe.colour);
    line.pointBackgroundColor = line.pointBorderColor = line.data.map(({ run }) => (
      colour(run.status === 'failed' ? 'bad' : line.probe.colour)));
    chart.update();
  },

  paint() {
    this.charts.forEach((chart) => this.paintOne(chart));
  },
};

const waterfall = {
  chart: undefined,
  parts: [],

  /** Draws bars beside the rows of the trace. */
  draw(run, rows) {
    this.chart?.destroy();
    this.parts = rows;
    const box = document.getElementById('waterfall');
    box.style.height = `${ROW * (rows.length + 1)}px`;
    const end = Math.max(run.ms, ...rows.map((part) => part.start + part.took));
    this.chart = new Chart(box.querySelector('canvas'), {
      type: 'bar',
      data: {
        // Spans that contain phases are thinner.
        datasets: [[true, 14], [false, 5]].map(([isPhase, barThickness]) => ({
          // Bars that do not start at 0 need parsed data.
          parsing: true, grouped: false, barThickness, minBarLength: 3, borderRadius: 3, borderSkipped: false,
          data: rows.map((part) => (part.isPhase === isPhase ? [part.start, part.start + part.took] : null)),
        })),
      },
      options: {
        indexAxis: 'y',
        interaction: { mode: 'nearest', axis: 'y', intersect: false },
        scales: {
          x: {
            type: 'linear', position: 'top', min: 0, max: end || 1,
            afterFit: (axis) => { axis.height = ROW; },
            ticks: {
              maxRotation: 0, maxTicksLimit: 6, includeBounds: false,
              callback: (ms) => (ms >= 1000 ? `${ms / 1000} s` : `${Number(ms.toPrecision(6))} ms`),
            },
          },
          y: { type: 'category', labels: rows.map((_, index) => index), display: false, offset: true },
        },
        plugins: {
          tooltip: {
            callbacks: {
              title: ([{ dataIndex }]) => rows[dataIndex].name,
              label: ({ dataIndex }) => rows[dataIndex].text,
              footer: ([{ dataIndex }]) => `started at ${length(rows[dataIndex].start)}, took ${length(rows[dataIndex].took)}`,
            },
          },
        },
      },
    });
    this.paint();
  },

  paint() {
    if (!this.chart) return;
    const { data: { datasets }, options } = this.chart;
    const colours = this.parts.map((part) => colour(partColour(part)));
    for (const bars of datasets) bars.backgroundColor = colours;
    const style = axisStyle();
    Object.assign(options.scales.x, { grid: style.grid, border: style.border });
    options.scales.x.ticks.color = style.ticks.color;
    Object.assign(options.plugins.tooltip, tooltipStyle());
    this.chart.update();
  },
};

/** The colour of a span. */
function partColour(part) {
  return part.ok ? `op-${part.name.replace('.', '-')}` : 'bad';
}
