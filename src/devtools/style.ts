import { LANE_HEIGHT } from './timeline';

/** The look of the panel, inside its shadow root. */
export const STYLE = `
:host { all: initial; color-scheme: light dark; --back: #fff; --text: #1c1b22; --soft: #5b5966; --line: #d9d7e0; --key: #4a3fc4;
  --idle: #a3a0ad; --connecting: #2f6fdb; --active: #1a7f4b; --recovering: #b45f06; --leaving: #8a5a9e; --error: #b3261e; }
@media (prefers-color-scheme: dark) { :host { --back: #1d1c22; --text: #eceaf2; --soft: #aba8b8; --line: #3c3a45; --key: #aaa2ff;
  --idle: #75727f; --connecting: #6ea2ff; --active: #4cc38a; --recovering: #f2a35c; --leaving: #c59bd8; --error: #ff8a80; } }
section { box-sizing: border-box; color: var(--text); background: var(--back); border: 1px solid var(--line); border-radius: 10px;
  font: 12px/1.45 ui-sans-serif, system-ui, sans-serif; overflow: hidden; }
:host([data-floats]) section { position: fixed; z-index: 2147483647; right: 8px; bottom: 8px; width: min(46rem, calc(100vw - 16px));
  box-shadow: 0 6px 30px #0005; }
:host([data-floats]) section.folded { width: auto; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; padding: 6px 8px; }
h2 { margin: 0; font-size: 13px; font-weight: 600; }
header > span { flex: 1; color: var(--soft); white-space: nowrap; }
.folded header > :not(h2, .fold), .folded .body { display: none; }
button { font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: 6px; min-height: 26px;
  padding: 2px 8px; cursor: pointer; }
button:hover { border-color: var(--key); }
:focus-visible { outline: 2px solid var(--key); outline-offset: 1px; }
label { display: inline-flex; gap: 4px; align-items: center; min-height: 26px; color: var(--soft); }
input { accent-color: var(--key); margin: 0; }
.body { border-top: 1px solid var(--line); max-height: min(60vh, 34rem); overflow: auto; padding: 8px; }
p { margin: 0 0 8px; }
.why { padding: 6px 8px; border-left: 3px solid var(--line); }
.why.refused { border-color: var(--error); }
.lanes { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); }
ul, ol { list-style: none; margin: 0; padding: 0; }
.lanes li { height: ${LANE_HEIGHT}px; display: flex; flex-direction: column; justify-content: center; line-height: 1.25; overflow: hidden; }
small { font-size: 11px; color: var(--soft); white-space: nowrap; }
svg { display: block; width: 100%; }
svg text { font: 10px ui-sans-serif, system-ui, sans-serif; fill: var(--soft); text-anchor: end; }
.grid { stroke: var(--line); }
.idle { fill: var(--idle); } .connecting { fill: var(--connecting); } .active { fill: var(--active); }
.recovering { fill: var(--recovering); } .canceling, .ending { fill: var(--leaving); }
circle { fill: var(--back); stroke: var(--text); stroke-width: 1.5; }
path { fill: none; stroke: var(--text); stroke-width: 1.5; }
line.error { stroke: var(--error); stroke-width: 1.5; } svg text.error { fill: var(--error); font-weight: 600; }
details { border-top: 1px solid var(--line); margin-top: 6px; }
summary { padding: 6px 0; cursor: pointer; font-weight: 600; }
details div { max-height: 13rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 2px 8px 2px 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 400; color: var(--soft); white-space: nowrap; }
td, .number { font-variant-numeric: tabular-nums; }
textarea { box-sizing: border-box; width: 100%; height: 8rem; font: 11px ui-monospace, monospace; color: inherit;
  background: none; border: 1px solid var(--line); }
@media (max-width: 30rem) { .lanes { grid-template-columns: 6.5rem minmax(0, 1fr); } small { white-space: normal; } }
`;
