import { LANE_HEIGHT } from './timeline';

/** The look of the panel, inside its shadow root. The colours are the system's, light or dark; those of the phases can be told on both. */
export const STYLE = `:host{all:initial;color-scheme:light dark}
section{border:1px solid #8888;border-radius:10px;background:Canvas;color:CanvasText;font:12px/1.5 system-ui,sans-serif}
.floats{position:fixed;z-index:2147483647;right:8px;bottom:8px;max-width:calc(100% - 18px);box-shadow:0 6px 30px #0005}
.floats:not(.folded){width:46rem}
header{display:flex;flex-wrap:wrap;align-items:center;gap:6px;padding:6px 8px}
h2{margin:0;font-size:13px}p{margin:0}header p{flex:1}
.folded :is(header p,label,.copy,.body){display:none}
button{font:inherit;color:inherit;background:none;border:1px solid #8888;border-radius:6px;min-width:26px;padding:3px 6px}
.body{border-top:1px solid #8888;max-height:60vh;overflow:auto;padding:8px}
.why{border-left:3px solid #8888;padding:0 8px;margin-bottom:8px}.refused{border-color:#d5473c}
.lanes{display:grid;grid-template-columns:9rem minmax(0,1fr)}ul,ol{list-style:none;margin:0;padding:0}
ul li{height:${LANE_HEIGHT}px;display:grid;align-content:center;line-height:1.2;overflow:hidden}
svg{width:100%}text{font-size:10px;fill:CanvasText;text-anchor:end}line{stroke:#8886}line.error{stroke:#d5473c}
rect{fill:#888}.connecting{fill:#3f83e8}.active{fill:#2a9d62}.recovering{fill:#cf7a1b}.canceling,.ending{fill:#a06cb5}
circle,path{fill:Canvas;stroke:CanvasText}path{fill:none}
summary{padding:6px 0;font-weight:600}ol{max-height:13rem;overflow:auto;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
textarea{width:98%}@media(max-width:30rem){.lanes{grid-template-columns:6rem minmax(0,1fr)}}`;
