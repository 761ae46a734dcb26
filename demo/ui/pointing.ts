/** Turns a pointer, a wheel and the keys over an element into what an agent does: pointing, drawing and scrolling, in per cent. */
import { type Act, MAX_POINTS, MAX_SCROLL } from '../protocol';

/** A hand is shown well at this pace; a mouse reports far more often. */
const SEND_EVERY_MS = 50;
const KEY_STEP = 3;
const MARK_RADIUS = 4;
/** A window less some lines, as browsers scroll by a page. */
const PAGE = 85;

type Place = readonly [number, number];

export function watchPointing(element: HTMLElement, act: (act: Act) => void): void {
  let place: Place = [50, 50];
  let line: Place[] = [];
  let drawing = false;
  let scrolled = 0;
  let isDue = false;

  function flush(): void {
    isDue = false;
    if (scrolled !== 0) act({ kind: 'scroll', by: Math.max(-MAX_SCROLL, Math.min(MAX_SCROLL, scrolled)) });
    scrolled = 0;
    act({ kind: 'point', x: place[0], y: place[1] });
    if (line.length < 2) return;
    act({ kind: 'draw', points: line });
    // The next piece goes on where this one ended.
    line = line.slice(-1);
  }

  function scroll(by: number): void {
    scrolled += by;
    soon();
  }

  function moved(): void {
    if (line.length >= MAX_POINTS - 1) flush();
    soon();
  }

  function soon(): void {
    if (isDue) return;
    isDue = true;
    setTimeout(flush, SEND_EVERY_MS);
  }

  element.addEventListener('pointerdown', (event) => {
    drawing = true;
    element.setPointerCapture(event.pointerId);
    place = placeOf(event, element);
    line = [place];
  });
  element.addEventListener('pointermove', (event) => {
    place = placeOf(event, element);
    if (drawing) line.push(place);
    moved();
  });
  for (const type of ['pointerup', 'pointercancel'] as const) {
    element.addEventListener(type, () => {
      flush();
      drawing = false;
      line = [];
    });
  }
  element.addEventListener('wheel', (event) => {
    event.preventDefault();
    scroll((event.deltaY / element.clientHeight) * 100);
  });
  element.addEventListener('keydown', (event) => {
    const step = STEPS[event.key];
    if (event.key === 'PageDown') scroll(PAGE);
    else if (event.key === 'PageUp') scroll(-PAGE);
    else if (step) place = [within(place[0] + step[0]), within(place[1] + step[1])];
    else if (event.key === 'Enter') act({ kind: 'draw', points: circleAround(place) });
    else return;
    event.preventDefault();
    moved();
  });
}

const STEPS: Readonly<Record<string, Place>> = {
  ArrowLeft: [-KEY_STEP, 0],
  ArrowRight: [KEY_STEP, 0],
  ArrowUp: [0, -KEY_STEP],
  ArrowDown: [0, KEY_STEP],
};

function circleAround([x, y]: Place): Place[] {
  return Array.from({ length: 25 }, (_, index) => {
    const angle = (index / 24) * 2 * Math.PI;
    // The picture is wider than it is high.
    return [within(x + MARK_RADIUS * Math.cos(angle)), within(y + MARK_RADIUS * 1.33 * Math.sin(angle))];
  });
}

function placeOf({ clientX, clientY }: PointerEvent, element: HTMLElement): Place {
  const { left, top, width, height } = element.getBoundingClientRect();
  return [within(((clientX - left) / width) * 100), within(((clientY - top) / height) * 100)];
}

function within(value: number): number {
  return Math.round(Math.min(100, Math.max(0, value)) * 10) / 10;
}
