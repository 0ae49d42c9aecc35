'use strict';
// The data of the report, and what is derived from it.

/** Colours and markers of probes: their numbers have no common divisor, so that combinations do not repeat early. */
const COLOURS = 7;
const MARKERS = ['circle', 'triangle', 'rect', 'rectRot'];

const model = (() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const runs = new Map();
  const days = new Set();
  for (const [index, probe] of data.probes.entries()) {
    probe.colour = `probe-${index % COLOURS}`;
    probe.marker = MARKERS[index % MARKERS.length];
    for (const run of probe.runs) {
      run.probe = probe;
      run.at = Date.parse(run.started);
      run.cause = run.kind ?? (run.status === 'degraded' ? 'degraded' : undefined);
      runs.set(run.trace, run);
      days.add(run.started.slice(0, 10));
    }
    probe.runs.sort((one, other) => (one.started < other.started ? -1 : Number(one.started > other.started)));
    const answered = probe.runs.filter((run) => run.status === 'ok' || run.status === 'degraded');
    const sorted = answered.map((run) => run.ms).sort((one, other) => one - other);
    probe.last = probe.runs.findLast((run) => run.status !== 'skipped') ?? probe.runs.at(-1);
    probe.median = quantile(sorted, 0.5);
    probe.p95 = quantile(sorted, 0.95);
    const made = probe.total - probe.skipped;
    probe.up = made > 0 ? (made - probe.failed) / made : undefined;
  }
  const all = [...runs.values()];
  const sum = (count) => data.probes.reduce((total, probe) => total + count(probe), 0);
  const [failed, degraded, skipped] = ['failed', 'degraded', 'skipped'].map((key) => sum((probe) => probe[key]));
  const total = sum((probe) => probe.total);
  return {
    ...data,
    runs,
    counts: { total, ok: total - failed - degraded - skipped, degraded, failed, skipped },
    failing: data.probes.filter((probe) => probe.last?.status === 'failed'),
    slow: data.probes.filter((probe) => probe.last?.status === 'degraded'),
    isOneDay: days.size < 2,
    hasGroups: new Set(data.probes.map((probe) => probe.group)).size > 1,
    first: all.reduce((first, run) => (first === undefined || run.started < first ? run.started : first), undefined),
    latest: all.reduce((last, run) => (last === undefined || run.started > last ? run.started : last), undefined),
  };
})();

/** The nearest-rank quantile. */
function quantile(sorted, share) {
  return sorted.length > 0 ? sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] : undefined;
}

/** The spans of a run as a tree in depth-first order, each level in order of its start. */
function parts(run) {
  const spans = run.spans.map(([op, parent, start, took, ok, text]) => {
    const [name, isPhase] = model.ops[op];
    return { name, isPhase, parent, start, took, ok: ok === 1, text: model.descriptions[text], children: [] };
  });
  const roots = [];
  for (const span of spans) (spans[span.parent]?.children ?? roots).push(span);
  const inOrder = [];
  const visit = (siblings, depth) => {
    for (const span of siblings.sort((one, other) => one.start - other.start)) {
      inOrder.push(Object.assign(span, { depth }));
      visit(span.children, depth + 1);
    }
  };
  visit(roots, 0);
  return inOrder;
}
