'use strict';
// The tables: probes, issues, the runs of a probe, the spans of a run.

/** Rows on one page of runs. */
const ROWS = 100;

/** A row that is a link: the first cell holds the link, which covers the whole row. */
function row(id, href, head, ...cells) {
  const link = make('a', { id, href, tabindex: -1 }, ...head);
  return make('tr', {}, make('th', { scope: 'row' }, link), ...cells);
}

function cell(label, ...children) {
  return make('td', { 'data-label': label }, ...children);
}

function numberCell(label, ...children) {
  return make('td', { 'data-label': label, class: 'number' }, ...children);
}

/** Makes all links of a table one tab stop: arrows, Home and End move between them. */
function walkable(table) {
  const links = () => [...table.querySelectorAll('tbody a')];
  table.addEventListener('keydown', (event) => {
    const all = links();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (at < 0 || to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    all[Math.min(Math.max(to, 0), all.length - 1)].focus();
  });
  table.addEventListener('focusin', (event) => {
    for (const link of links()) link.tabIndex = link === event.target ? 0 : -1;
  });
}

/** Marks the link of what is selected, which is also the tab stop. */
function markLink(table, id) {
  const links = [...table.querySelectorAll('tbody a')];
  const current = links.find((link) => link.id === id);
  for (const link of links) {
    if (link === current) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
    link.tabIndex = link === (current ?? links[0]) ? 0 : -1;
  }
  return current;
}

/** The group, if there are several. */
function groupName(probe) {
  return model.hasGroups ? make('small', {}, ` ${probe.group}`) : undefined;
}

const probeTable = {
  element: document.getElementById('probes'),

  draw() {
    const body = this.element.tBodies[0];
    for (const probe of model.probes) {
      const canvas = make('canvas', { 'aria-hidden': 'true' });
      const status = probe.last?.status ?? 'skipped';
      const marker = make('i', { class: `marker ${probe.marker} ${probe.colour}`, 'aria-hidden': 'true' });
      const words = make('span', { class: 'title' }, probe.title);
      body.append(row(
        `probe-${probe.id}`, address({ probe }),
        [marker, words, ' ', make('span', { class: 'below' },
          statusElement(status), upElement(probe.up), groupName(probe))],
        numberCell('Last', lengthElement(status === 'skipped' ? undefined : probe.last?.ms)),
        numberCell('Median', lengthElement(probe.median)),
        numberCell('95th', lengthElement(probe.p95)),
        make('td', { class: 'trend' }, make('div', { class: 'canvas' }, canvas)),
      ));
      trends.draw(canvas, probe);
    }
    walkable(this.element);
  },

  mark({ probe, isAsked }) {
    markLink(this.element, probe && `probe-${probe.id}`);
    this.element.classList.toggle('asked', isAsked);
  },
};

/** The share of runs that did not fail, in per cent and rounded down: 99.99 is not 100. */
function upElement(share) {
  if (share === undefined) return undefined;
  const percent = share === 1 ? '100' : (Math.floor(share * 1000) / 10).toFixed(1);
  return make('small', { class: 'up' }, ` ${percent} % up`);
}

const issueTable = {
  element: document.getElementById('issues'),

  draw() {
    const issues = model.probes.flatMap((probe) => probe.issues.map((issue) => ({ ...issue, probe })));
    issues.sort((one, other) => (one.last < other.last ? 1 : -1));
    for (const { probe, cause, count, first, last, sentence } of issues) {
      const status = cause === 'degraded' ? 'degraded' : 'failed';
      this.element.tBodies[0].append(row(
        `issue-${probe.id}-${cause}`, address({ probe, cause }),
        [statusElement(status, cause), ' ', make('span', { class: 'title' }, probe.title, groupName(probe)),
          make('span', { class: 'sentence' }, sentence)],
        numberCell('Runs', make('data', { value: count }, count.toLocaleString('en'))),
        cell('First', timeElement(first)), cell('Last', timeElement(last)),
      ));
    }
    this.element.parentElement.hidden = issues.length === 0;
    document.getElementById('no-issues').hidden = issues.length > 0;
    walkable(this.element);
    return issues.length;
  },

  mark({ probe, cause }) {
    const current = markLink(this.element, cause && `issue-${probe.id}-${cause}`);
    current?.scrollIntoView({ block: 'nearest' });
  },
};

const runTable = {
  element: document.getElementById('runs'),
  /** What the rows show now: they are rebuilt only if that changes. */
  drawn: undefined,
  page: 0,

  draw(choice) {
    const { probe, run, runs, cause } = choice;
    const key = `${probe?.id} ${cause}`;
    const place = runs.length - 1 - runs.indexOf(run);
    if (this.drawn !== key || !document.getElementById(`run-${run?.trace}`)) {
      this.drawn = key;
      this.fill(choice, run ? Math.floor(Math.min(place, runs.length - 1) / ROWS) : 0);
    }
    const current = markLink(this.element, run && `run-${run.trace}`);
    if (current) within(document.getElementById('runs-scroll'), current.closest('tr'));
  },

  /** Shows one page, the newest run first. */
  fill({ probe, runs, cause }, page) {
    this.page = page;
    const from = page * ROWS;
    const shown = runs.slice(Math.max(runs.length - from - ROWS, 0), runs.length - from).reverse();
    const isBurst = (run) => run.burst > 0 || runs.some((other) => other.burst > 0 && other.tick === run.tick);
    const numbers = runs.some((run) => run.burst > 0);
    this.element.tBodies[0].replaceChildren(...shown.map((run) => row(
      `run-${run.trace}`, address({ run, cause }),
      [timeElement(run.started, 3), numbers && isBurst(run) ? make('small', {}, ` #${run.burst + 1}`) : undefined],
      cell('Status', statusElement(run.status)),
      numberCell('Took', lengthElement(run.status === 'skipped' ? undefined : run.ms)),
      cell('Result', make('span', { class: 'what' }, run.error ?? (run.http ? `HTTP ${run.http}` : ''))),
    )));
    document.getElementById('runs-title').replaceChildren(
      'Runs', ...(probe ? [` of ${probe.title}`] : []));
    const pager = document.getElementById('pager');
    pager.hidden = runs.length <= ROWS;
    document.getElementById('range').textContent =
      `${(from + 1).toLocaleString('en')}–${(from + shown.length).toLocaleString('en')} of ${counted(runs.length, 'run')}`;
    document.getElementById('newer').disabled = page === 0;
    document.getElementById('older').disabled = from + ROWS >= runs.length;
    document.getElementById('runs-scroll').scrollTop = 0;
  },

  turn(by) {
    const choice = chosen();
    this.fill(choice, this.page + by);
    markLink(this.element, choice.run && `run-${choice.run.trace}`);
  },
};

/** Scrolls a box, and nothing around it, until an element in it is visible. */
function within(box, element) {
  const head = box.querySelector('thead').offsetHeight;
  if (element.offsetTop - head < box.scrollTop) box.scrollTop = element.offsetTop - head;
  const below = element.offsetTop + element.offsetHeight - box.clientHeight;
  if (below > box.scrollTop) box.scrollTop = below;
}

/** Shows the spans of a run as rows, and returns them. */
function drawTrace(run) {
  const rows = parts(run);
  document.getElementById('trace').tBodies[0].replaceChildren(...rows.map((part) => {
    const swatch = make('i', { class: 'swatch', 'aria-hidden': 'true' });
    swatch.style.backgroundColor = `var(--${partColour(part)})`;
    const head = make('th', { scope: 'row', title: part.text ? `${part.name} ${part.text}` : part.name },
      swatch, make('span', { class: 'op' }, part.name), ' ', make('span', { class: 'quiet description' }, part.text),
      part.ok ? undefined : make('span', { class: 'sr' }, ' failed'));
    head.style.paddingInlineStart = `${Math.min(part.depth, 8) * 14}px`;
    return make('tr', { class: [part.isPhase ? 'phase' : 'around', part.ok ? '' : 'failed'].join(' ').trim() }, head,
      make('td', { class: 'number start' }, lengthElement(part.start)),
      make('td', { class: 'number' }, lengthElement(part.took)));
  }));
  return rows;
}
