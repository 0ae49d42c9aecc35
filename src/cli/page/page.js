'use strict';
// Fills the report, and updates it when another run is selected.

const byId = (id) => document.getElementById(id);

/** The head of the page. */
function drawHead(issues) {
  const { counts, probes, failing, slow } = model;
  const headline = probes.length === 0 ? 'No runs yet'
    : failing.length > 0 ? `${failing.length} of ${counted(probes.length, 'probe')} ${failing.length === 1 ? 'is' : 'are'} failing`
    : slow.length > 0 ? `${slow.length} of ${counted(probes.length, 'probe')} ${slow.length === 1 ? 'is' : 'are'} slow`
    : probes.length === 1 ? 'The probe is ok' : `All ${probes.length} probes are ok`;
  document.title = `${headline} · SentryNet`;
  byId('headline').textContent = headline;
  byId('headline').className = failing.length > 0 ? 'failed' : slow.length > 0 ? 'degraded' : 'ok';
  const places = [...new Set(probes.map((probe) => probe.location).filter((place) => place))];
  byId('facts').append(
    `${counted(counts.total, 'run')} of ${counted(probes.length, 'probe')}`,
    places.length > 0 ? ` from ${places.join(', ')}` : '',
  );
  if (model.first) {
    const isSameDay = day(model.first) === day(model.latest);
    byId('facts').append(
      `, ${day(model.first)} ${model.first.slice(0, 4)}, `, make('time', { datetime: model.first }, clock(model.first, 0)), ' to ',
      make('time', { datetime: model.latest }, `${isSameDay ? '' : `${day(model.latest)}, `}${clock(model.latest, 0)}`), ' UTC');
  }
  const tiles = [['runs', counts.total, ''], ['ok', counts.ok, 'ok'], ['degraded', counts.degraded, 'degraded'],
    ['failed', counts.failed, 'failed'], ['skipped', counts.skipped, 'skipped'], ['issues', issues, '']];
  for (const [name, count, status] of tiles) {
    if (name === 'skipped' && count === 0) continue;
    byId('counts').append(make('div', { class: count > 0 ? status : '' },
      make('dt', {}, name), make('dd', {}, make('data', { value: count }, count.toLocaleString('en')))));
  }
  const kept = [...model.runs.keys()].length;
  byId('footer').append(
    `SentryNet ${model.version}, report generated `, make('time', { datetime: model.made }, `${day(model.made)} ${clock(model.made, 0)}`),
    ' UTC. Times are UTC.', kept < counts.total ? ` Details are kept of the last ${counted(kept, 'run')}.` : '');
}

/** The selected run. */
function drawRun({ probe, run, runs, cause, isGone }) {
  byId('run').hidden = run === undefined;
  if (!run) return;
  byId('gone').hidden = !isGone;
  byId('run-title').textContent = `Trace of ${probe.title}`;
  byId('run-head').replaceChildren(
    statusElement(run.status), ' ', make('span', { class: 'quiet' }, 'started ', timeElement(run.started, 3), ' UTC, took '),
    make('strong', {}, lengthElement(run.ms)));
  const sentence = byId('sentence');
  sentence.hidden = run.error === undefined;
  sentence.className = `callout ${run.status}`;
  sentence.replaceChildren(...(run.kind ? [make('strong', {}, run.kind), ' '] : []), run.error ?? '');
  byId('falsified').hidden = !run.falsified;
  const rows = drawTrace(run);
  document.querySelector('.trace').hidden = rows.length === 0;
  byId('no-parts').hidden = rows.length > 0;
  waterfall.draw(run, rows);
  const facts = [
    ['Trace', run.trace, 'code'], ['Event', run.event, 'code'], ['Address', run.address, 'code'],
    ['Tick', run.tick, 'code'],
    ['HTTP status', run.http], ['Kind', run.kind], ['Stall', run.stall === undefined ? undefined : `${run.stall} ms`], ['Burst', run.burst + 1], ['Probe', probe.kind],
    ['Group', probe.group], ['Location', probe.location || undefined],
  ];
  byId('run-facts').replaceChildren(...facts.filter(([, fact]) => fact !== undefined).map(([name, fact, element]) => (
    make('div', {}, make('dt', {}, name), make('dd', {}, make(element ?? 'span', {}, String(fact)))))));
  const at = runs.indexOf(run);
  for (const [id, other] of [['previous', at > 0 ? runs[at - 1] : undefined], ['next', at < 0 ? undefined : runs[at + 1]]]) {
    if (other) byId(id).href = address({ run: other, cause });
    else byId(id).removeAttribute('href');
  }
}

/** Shows what is selected. */
function show() {
  const choice = chosen();
  probeTable.mark(choice);
  issueTable.mark(choice);
  runTable.draw(choice);
  drawRun(choice);
  graph.paint();
  byId('all').hidden = !choice.isAsked;
  byId('any-cause').hidden = choice.cause === undefined;
  if (choice.cause) {
    byId('any-cause').href = address({ probe: choice.probe });
    byId('any-cause').textContent = `Only ${choice.cause}: show all runs`;
  }
  return choice;
}

/** Light, dark, or as the system is set. */
const theme = {
  names: ['auto', 'light', 'dark'],
  now: 'auto',

  start() {
    try {
      this.now = this.names.find((name) => name === localStorage.getItem('theme')) ?? 'auto';
    } catch { /* The browser stores nothing. */ }
    byId('theme').addEventListener('click', () => this.set(this.names[(this.names.indexOf(this.now) + 1) % 3]));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.paint());
    this.apply();
  },

  set(name) {
    this.now = name;
    try {
      localStorage.setItem('theme', name);
    } catch { /* Then it lasts until the page is closed. */ }
    this.apply();
    this.paint();
  },

  apply() {
    document.documentElement.dataset.theme = this.now;
    byId('theme').textContent = { auto: 'Theme: auto', light: 'Theme: light', dark: 'Theme: dark' }[this.now];
  },

  paint() {
    graph.paint();
    trends.paint();
    waterfall.paint();
  },
};

/** A live report reloads itself, unless somebody is selecting text or holding the mouse button. */
const live = {
  isPaused: false,
  isHeld: false,

  start() {
    this.restore();
    if (!model.reload) return;
    const button = byId('live');
    button.hidden = false;
    const name = () => { button.textContent = this.isPaused ? 'Paused' : `Live, every ${model.reload} s`; };
    button.addEventListener('click', () => {
      this.isPaused = !this.isPaused;
      name();
    });
    name();
    addEventListener('pointerdown', () => { this.isHeld = true; });
    for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => { this.isHeld = false; });
    setTimeout(() => this.reload(), model.reload * 1000);
  },

  reload() {
    if (this.isPaused || this.isHeld || String(getSelection()) !== '') {
      setTimeout(() => this.reload(), 1000);
      return;
    }
    const focus = document.activeElement?.matches(':focus-visible') ? document.activeElement.id : '';
    const scrolls = [...document.querySelectorAll('.scroll')].map((box) => [box.id, box.scrollTop]);
    history.replaceState({ x: scrollX, y: scrollY, focus, scrolls, isLogarithmic: graph.isLogarithmic }, '');
    location.reload();
  },

  /** Restores what was visible before the reload. */
  restore() {
    const before = history.state;
    if (!before?.scrolls) return;
    history.replaceState(null, '');
    graph.isLogarithmic = before.isLogarithmic;
    graph.paint();
    for (const [id, top] of before.scrolls) byId(id).scrollTop = top;
    if (before.focus) byId(before.focus)?.focus({ preventScroll: true });
    scrollTo(before.x, before.y);
  },
};

/** Prints in light colours. */
function preparePrinting() {
  let before;
  addEventListener('beforeprint', () => {
    before = theme.now;
    document.documentElement.dataset.theme = 'light';
    theme.paint();
  });
  addEventListener('afterprint', () => {
    document.documentElement.dataset.theme = before;
    theme.paint();
  });
}

theme.start();
byId('main').classList.toggle('nothing', model.probes.length === 0);
drawHead(issueTable.draw());
probeTable.draw();
graph.draw();
walkable(runTable.element);
show();
live.start();
preparePrinting();
addEventListener('hashchange', () => {
  const { run, probe } = show();
  const text = run ? `${probe.title}, ${run.status}, ${length(run.ms)}, ${clock(run.started, 0)}` : '';
  byId('said').textContent = text;
});
byId('scale').addEventListener('click', () => {
  graph.isLogarithmic = !graph.isLogarithmic;
  graph.paint();
});
byId('newer').addEventListener('click', () => runTable.turn(-1));
byId('older').addEventListener('click', () => runTable.turn(1));
