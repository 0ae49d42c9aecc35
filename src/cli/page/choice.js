'use strict';
// What is selected is part of the address, so that it survives a reload and can be shared:
// `#run=TRACE`, `#probe=ID`, either with `&cause=KIND` for the runs of one issue.

/** The address of a selection. */
function address({ probe, run, cause }) {
  const parameters = new URLSearchParams();
  if (run) parameters.set('run', run.trace);
  else parameters.set('probe', probe.id);
  if (cause) parameters.set('cause', cause);
  return `#${parameters}`;
}

/** What the address selects, if that exists; else what deserves attention most. */
function chosen() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const [wanted, cause] = [asked.get('run'), asked.get('cause') ?? undefined];
  let run = model.runs.get(wanted);
  const probe = run?.probe ?? model.probes.find((probe) => probe.id === asked.get('probe'));
  const shown = probe ?? model.failing[0] ?? model.slow[0] ?? model.probes[0];
  const runs = shown ? shown.runs.filter((run) => !cause || run.cause === cause) : [];
  run ??= runs.at(-1);
  return { probe: shown, run, runs, cause, isAsked: probe !== undefined, isGone: wanted !== null && run?.trace !== wanted };
}

/** Selects. */
function choose(choice) {
  location.hash = address(choice);
}
