import { LANE_HEIGHT } from './timeline';

/** The look of the panel, inside its shadow root. */
export const STYLE = `:host{all:initial;color-scheme:light dark;--back:#fff;--text:#1c1b22;--soft:#5b5966;--line:#d9d7e0;
--idle:#a3a0ad;--connecting:#2f6fdb;--active:#1a7f4b;--recovering:#b45f06;--ending:#8a5a9e;--error:#b3261e}
@media(prefers-color-scheme:dark){:host{--back:#1d1c22;--text:#eceaf2;--soft:#aba8b8;--line:#3c3a45;
--idle:#75727f;--connecting:#6ea2ff;--active:#4cc38a;--recovering:#f2a35c;--ending:#c59bd8;--error:#ff8a80}}
section{box-sizing:border-box;color:var(--text);background:var(--back);border:1px solid var(--line);border-radius:10px;
font:12px/1.5 system-ui,sans-serif}
.floats{position:fixed;z-index:2147483647;right:8px;bottom:8px;max-width:calc(100vw - 16px);box-shadow:0 6px 30px #0005}
.floats:not(.folded){width:46rem}
header{display:flex;flex-wrap:wrap;align-items:center;gap:6px;padding:6px 8px}
h2{margin:0;font-size:13px}header p{flex:1}p{margin:0}
.folded :is(header p,label,.copy,.body){display:none}
button{font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:6px;min-width:26px;padding:3px 6px}
label{display:flex;gap:4px;align-items:center}
.body{border-top:1px solid var(--line);max-height:60vh;overflow:auto;padding:8px}
.why{border-left:3px solid var(--line);padding:2px 8px;margin-bottom:8px}.why.refused{border-color:var(--error)}
.lanes{display:grid;grid-template-columns:9rem minmax(0,1fr)}ul,ol{list-style:none;margin:0;padding:0}
ul li{height:${LANE_HEIGHT}px;display:grid;align-content:center;line-height:1.2;overflow:hidden}
small,.grid,header p{color:var(--soft)}
svg{width:100%}text{font-size:10px;fill:var(--soft);text-anchor:end}.grid{stroke:var(--line)}
.idle{fill:var(--idle)}.connecting{fill:var(--connecting)}.active{fill:var(--active)}.recovering{fill:var(--recovering)}
.canceling,.ending{fill:var(--ending)}circle,path{fill:var(--back);stroke:var(--text)}path{fill:none}
line.error{stroke:var(--error)}text.error{fill:var(--error)}
summary{padding:6px 0;font-weight:600}ol{max-height:13rem;overflow:auto;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
textarea{width:100%;box-sizing:border-box}@media(max-width:30rem){.lanes{grid-template-columns:6rem minmax(0,1fr)}}`;
